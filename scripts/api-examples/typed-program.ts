import type { ApiExample } from './read-examples.ts'

/** A name that a package exports. */
export interface ExportedName {
  readonly name: string
  readonly entry: string
  readonly isValue: boolean
}

/** What an example can name. */
export interface Surroundings {
  readonly names: { readonly file: string; readonly type: string; readonly members: readonly string[] }
  /** Of two with one name, the first. */
  readonly exported: readonly ExportedName[]
  readonly declarations?: string | undefined
}

/** The example as a module that the compiler can judge: with what it uses imported, and the names of its test given. */
export function typedProgram({ code }: ApiExample, { names, exported, declarations = '' }: Surroundings): string {
  const words = new Set(code.match(/[A-Za-z_$][\w$]*/g))
  const used = new Map<string, ExportedName>()
  for (const one of exported) {
    if (words.has(one.name) && !names.members.includes(one.name) && !used.has(one.name)) used.set(one.name, one)
  }
  const imports = [...used.values()].map(
    ({ name, entry, isValue }) => `import ${isValue ? '' : 'type '}{ ${name} } from ${JSON.stringify(entry)}`,
  )
  return `${imports.join('\n')}
${declarations}
import type { ${names.type} } from ${JSON.stringify(names.file)}
export async function example({ ${names.members.filter((name) => words.has(name)).join(', ')} }: ${names.type}) {
{
${code.replace(/^export default /, 'void ')}
}
}
`
}
