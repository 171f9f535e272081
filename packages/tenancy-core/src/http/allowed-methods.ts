import type { Route } from './route.ts'

/**
 * The methods that the routes have for a path, for the header `Allow`; `undefined` for a path that none of them has. For
 * adapters, which ask after no route took the request.
 *
 * @example
 * ```ts
 * allowedMethods(routes, '/members/42') // 'DELETE'
 * ```
 */
export function allowedMethods(routes: readonly Route[], path: string): string | undefined {
  const steps = path.split('/')
  const methods = routes.filter((route) => fits(route.path.split('/'), steps)).map(({ method }) => method)
  if (methods.length === 0) return undefined
  return [...new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods)].join(', ')
}

function fits(pattern: readonly string[], steps: readonly string[]): boolean {
  return (
    pattern.length === steps.length &&
    pattern.every((step, at) => (step.startsWith(':') ? steps[at] !== '' : step === steps[at]))
  )
}
