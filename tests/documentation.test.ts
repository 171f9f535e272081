import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')
const pages = globSync(['*.md', 'docs/{reference,guide}/**/*.md', 'packages/*/README.md', 'examples/*/README.md'], {
  cwd: root,
})
const scripts = scriptsOf('.')

/** What pnpm does by itself, and the programs that it finds among the dependencies. */
const commandsOfPnpm = ['install', 'add', 'run', 'changeset', 'exec']

function scriptsOf(directory: string): readonly string[] {
  const file = join(root, directory, 'package.json')
  if (!existsSync(file)) return []
  return Object.keys((JSON.parse(readFileSync(file, 'utf8')) as { scripts?: object }).scripts ?? {})
}

function read(page: string): string {
  return readFileSync(join(root, page), 'utf8')
}

describe.each(pages)('%s', (page) => {
  it('links to files that exist', () => {
    const targets = [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)].map(
      ([, target = '']) => target,
    )
    expect(targets.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([])
  })

  it('names paths of the repository that exist', () => {
    const named = [...read(page).matchAll(/`((?:packages|scripts|migrations|docs|tests|\.github)\/[\w./-]+)`/g)]
    const paths = named.map(([, path = '']) => path).filter((path) => !path.includes('NNNN') && path !== 'docs/api')
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  it('names scripts that exist, at the root or beside the page', () => {
    const named = [...read(page).matchAll(/\bpnpm(?:@12)? (?:run )?([a-z][\w:-]*)/g)].map(([, name = '']) => name)
    const known = [...scripts, ...scriptsOf(dirname(page)), ...commandsOfPnpm]
    expect(named.filter((name) => !known.includes(name))).toEqual([])
  })
})
