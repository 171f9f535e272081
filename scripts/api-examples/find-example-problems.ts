import { join } from 'node:path'
import { SymbolFlags } from 'typescript/unstable/sync'
import type { Project } from 'typescript/unstable/sync'
import { entries } from '../package-entries.ts'
import { documentedSources, sourcesOf } from './documented-sources.ts'
import type { DocumentedSources } from './documented-sources.ts'
import { openSources } from './open-sources.ts'
import { exportsOf, publicCallables } from './public-api.ts'
import { readExamples } from './read-examples.ts'
import type { ApiExample } from './read-examples.ts'
import { typedProgram } from './typed-program.ts'
import type { ExportedName, Surroundings } from './typed-program.ts'

/** One sentence for each thing that is published without an example, and each example that would not compile. */
export function findExampleProblems(root: string): readonly string[] {
  const examples = documentedSources
    .flatMap(({ directory }) => readExamples(root, directory))
    .filter((example, at, all) => all.findIndex((one) => isSame(one, example)) === at)
  const files = [...new Set(documentedSources.map(({ names }) => join(root, names.file)))]
  using sources = openSources(root, [...allEntries(root), ...files])
  const surroundings = new Map(documentedSources.map((one) => [one, surroundingsOf(sources.project, { root, one })]))
  return [
    ...missingExamples(sources.project, { root, examples }),
    ...examples.flatMap((example) => namelessProblem(example)),
    ...typeProblems(root, examples, surroundings),
  ]
}

function isSame(a: ApiExample, b: ApiExample): boolean {
  return a.path === b.path && a.name === b.name
}

function packagesOf(): readonly string[] {
  const names = documentedSources.flatMap(({ directory, uses }) => [directory.split('/')[1] ?? '', ...uses])
  return [...new Set(names)]
}

function entriesOf(root: string, name: string): readonly string[] {
  return Object.values(entries(join(root, 'packages', name)))
}

function allEntries(root: string): readonly string[] {
  return packagesOf().flatMap((name) => entriesOf(root, name))
}

function missingExamples(
  project: Project,
  { root, examples }: { readonly root: string; readonly examples: readonly ApiExample[] },
): readonly string[] {
  const shown = new Set(examples.map(({ path, name }) => `${join(root, path)} ${name}`))
  const callables = allEntries(root).flatMap((entry) => publicCallables(project, entry))
  const missing = callables
    .map(({ path, name }) => ({ name, path: path.slice(root.length + 1), key: `${path} ${name}` }))
    .filter(({ path, key }) => sourcesOf(path) !== undefined && !shown.has(key))
  return [...new Set(missing.map(({ path, name }) => `${path}: ${name} has no @example.`))]
}

/** An example that shows something else. */
function namelessProblem({ path, name, code }: ApiExample): readonly string[] {
  const own = name.split('.').at(-1) ?? name
  const isShown = own === 'default' || new RegExp(`(?<![\\w$])${own.replaceAll('$', '\\$')}(?![\\w$])`).test(code)
  return isShown ? [] : [`${path}: the @example of ${name} does not use it.`]
}

function surroundingsOf(
  project: Project,
  { root, one }: { readonly root: string; readonly one: DocumentedSources },
): Surroundings {
  const file = join(root, one.names.file)
  const { checker } = project
  const type = exportsOf(project, file).find(({ name }) => name === one.names.type)
  if (type === undefined) throw new Error(`${file} does not export ${one.names.type}.`)
  const members = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(type)).map(({ name }) => name)
  const packages = [one.directory.split('/')[1] ?? '', ...one.uses]
  const entryFiles = packages.flatMap((name) => entriesOf(root, name))
  // The file of the names has types of its own that examples use.
  const exported = [...entryFiles, file].flatMap((entry) => namesOf(project, entry))
  return { names: { file, type: one.names.type, members }, exported, declarations: one.declarations }
}

function namesOf(project: Project, entry: string): readonly ExportedName[] {
  const named = exportsOf(project, entry).filter(({ name }) => name !== 'default')
  return named.map((exported) => {
    const isAlias = (exported.flags & SymbolFlags.Alias) !== 0
    const { flags } = isAlias ? project.checker.getAliasedSymbol(exported) : exported
    return { name: exported.name, entry, isValue: (flags & SymbolFlags.Value) !== 0 }
  })
}

function typeProblems(
  root: string,
  examples: readonly ApiExample[],
  surroundings: ReadonlyMap<DocumentedSources, Surroundings>,
): readonly string[] {
  const programs = examples.map((example, at) => {
    const sources = sourcesOf(example.path)
    const around = sources === undefined ? undefined : surroundings.get(sources)
    if (around === undefined) throw new Error(`Nothing is known of the surroundings of ${example.path}.`)
    // Beside the file of the names, whose package has what they are made of.
    const file = join(around.names.file, '..', `api-example-${at}.ts`)
    return { example, file, text: typedProgram(example, around) }
  })
  using sources = openSources(root, [], Object.fromEntries(programs.map(({ file, text }) => [file, text])))
  return programs.flatMap(({ example, file, text }) => {
    const { program } = sources.project
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
    return found.map((one) => {
      const line = text.slice(0, one.pos).split('\n').length - 1
      return `${example.path}: the @example of ${example.name}: ${one.text} In: ${text.split('\n')[line]?.trim()}`
    })
  })
}
