import type { FastifyInstance, FastifyTypeProvider } from 'fastify'
import * as z from 'zod'

/** Gives handlers the types that the schemas of their route let through. */
export interface ZodSchemas extends FastifyTypeProvider {
  readonly validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown
  readonly serializer: unknown
}

/** Has the schemas of routes read by zod. Those of responses describe only: what is sent is what the handler gives. */
export function useZodSchemas(app: FastifyInstance): void {
  app.setValidatorCompiler(({ schema }) => (data) => {
    const { success, data: value, error } = (schema as z.ZodType).safeParse(data)
    return success ? { value } : { error }
  })
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
}
