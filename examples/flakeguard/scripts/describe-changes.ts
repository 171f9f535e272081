import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { diff } from 'node:util'

/** The files that differ between the two versions of the service. */
export const wiringFiles = ['server.ts', 'main.ts'] as const

/** The change of a wiring file from `before/` to `after/`, as a Markdown block with every line of both. */
export async function describeChanges(file: string): Promise<string> {
  const root = path.join(import.meta.dirname, '..')
  const [before = [], after = []] = await Promise.all(
    ['before', 'after'].map(async (version) =>
      (await readFile(path.join(root, version, file), 'utf8')).trimEnd().split('\n'),
    ),
  )
  const signs = { [-1]: '+', 0: ' ', 1: '-' } as const
  const lines = diff(before, after).map(([operation, line]) => `${signs[operation]} ${line}`.trimEnd())
  return ['```diff', ...lines, '```'].join('\n')
}

/** How many lines a described change removes and adds. */
export function countChanges(description: string): { removed: number; added: number } {
  const count = (sign: string): number => description.split('\n').filter((line) => line.startsWith(`${sign} `)).length
  return { removed: count('-'), added: count('+') }
}

/** The README with the described changes between its markers: `<!-- changes: server.ts -->` up to `<!-- end -->`. */
export async function insertChanges(readme: string): Promise<string> {
  let text = readme
  for (const file of wiringFiles) {
    const block = `<!-- changes: ${file} -->\n\n${await describeChanges(file)}\n\n<!-- end -->`
    const marked = new RegExp(`<!-- changes: ${file.replace('.', '\\.')} -->[^]*?<!-- end -->`)
    if (!marked.test(text)) throw new Error(`The README has no place for the changes of ${file}.`)
    text = text.replace(marked, () => block)
  }
  return text
}
