/** Compares the codes that the sources raise with the sections of `docs/reference/errors.md`, both ways. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sourceFiles, type SourceFile } from './source-files.ts'

const word = String.raw`'([A-Z]{2,}(?:_[A-Z]+)+|[A-Z]{5,})'`

/** Where a code stands: in the first argument of the constructor, as a member or variable named `code`, or in a call. */
const places: readonly RegExp[] = [
  /new TenancyError\(\s*([^,]*),/g,
  /\bcode\s*(?:=|:)(?!=)([^\n]*)/g,
  /(?:\(|, |\n\s*)('[A-Z]+(?:_[A-Z]+)+')(?=[,)])/g,
]

/** Codes that a program asks about, names of the environment, warnings, and the codes of Node: nothing that is raised. */
const others =
  /isTenancyError\([^)]*\)|\bcode [!=]== '\w+'|\b(?:env|environment|process\.env)\['\w+'\]|'(?:ERR|PARTYWALL)_\w+'/g

/** Every code that a published source raises, with the files that do. */
export function raisedErrorCodes(root: string): ReadonlyMap<string, readonly string[]> {
  const raised = new Map<string, string[]>()
  for (const source of sourceFiles(root)) {
    if (source.isTest) continue
    for (const code of codesOf(source)) raised.set(code, [...(raised.get(code) ?? []), source.path])
  }
  return raised
}

function codesOf({ code }: SourceFile): ReadonlySet<string> {
  const text = code.replaceAll(others, '')
  const found = places.flatMap((place) => [...text.matchAll(place)].map(([, argument = '']) => argument))
  return new Set(
    found.flatMap((argument) => [...argument.matchAll(new RegExp(word, 'g'))].map(([, name = '']) => name)),
  )
}

/** The codes that have a section. */
export function documentedErrorCodes(reference: string): readonly string[] {
  return [...reference.matchAll(/^### `?([A-Z][A-Z_]+)`?$/gm)].map(([, code = '']) => code)
}

/** One sentence for each code without a section, section without a code, and section out of form. */
export function findReferenceProblems(
  raised: ReadonlyMap<string, readonly string[]>,
  reference: string,
): readonly string[] {
  const documented = documentedErrorCodes(reference)
  const sections = reference.split(/^(?=#{2,3} )/m).filter((section) => section.startsWith('### '))
  return [
    ...[...raised]
      .filter(([code]) => !documented.includes(code))
      .map(([code, files]) => `${code} (${files.join(', ')}) has no section in docs/reference/errors.md.`),
    ...documented
      .filter((code) => !raised.has(code))
      .map((code) => `${code} has a section in docs/reference/errors.md, and no source raises it.`),
    ...documented.filter((code, at) => documented.indexOf(code) !== at).map((code) => `${code} has two sections.`),
    ...sections
      .filter((section) => !/\n\*\*Cause\.\*\* \S/.test(section) || !/\n\*\*Fix\.\*\* \S/.test(section))
      .map((section) => `${section.split('\n', 1)[0]} lacks "**Cause.**" or "**Fix.**".`),
  ]
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..')
  const problems = findReferenceProblems(
    raisedErrorCodes(root),
    readFileSync(join(root, 'docs/reference/errors.md'), 'utf8'),
  )
  for (const problem of problems) console.error(problem)
  process.exitCode = problems.length === 0 ? 0 : 1
}
