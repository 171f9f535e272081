/** Compares what the packages import with the table of allowed arrows. Ends with 1 when an arrow is not in it. */
import { join, posix } from 'node:path'
import { allowedArrows, allowedTypeArrows, ddlExceptions, ddlOwners } from './package-arrows.ts'
import { sourceFiles, workspacePackages, type SourceFile, type WorkspacePackage } from './source-files.ts'

type Packages = ReadonlyMap<string, WorkspacePackage>

/** Every arrow and every piece of DDL that does not belong where it is, one sentence each; empty when all is well. */
export function findGraphProblems(root: string): readonly string[] {
  const packages = workspacePackages(root)
  const sources = sourceFiles(root)
  return [
    ...[...packages.values()].flatMap((found) => manifestProblems(found, packages)),
    ...sources.flatMap((source) => importProblems(source, packages)),
    ...sources.flatMap(ddlProblems),
  ]
}

function manifestProblems({ directory, shortName, manifest }: WorkspacePackage, packages: Packages): string[] {
  if (!directory.startsWith('packages/')) return []
  const arrows = allowedArrows[shortName]
  if (arrows === undefined) return [`${directory} is not in the table: add its arrows to scripts/package-arrows.ts.`]
  const used = { ...manifest.dependencies, ...manifest.peerDependencies }
  const runtime = workspaceNames(used, packages)
    .filter((target) => !isAllowed(shortName, target))
    .map(
      (target) =>
        `${directory}/package.json depends on ${target.directory}, which is not among its arrows: ${list(arrows)}.`,
    )
  const examples = workspaceNames(manifest.devDependencies ?? {}, packages)
    .filter((target) => target.directory.startsWith('examples/'))
    .map((target) => `${directory}/package.json depends on ${target.directory}: nothing imports an example.`)
  return [...runtime, ...examples]
}

function workspaceNames(dependencies: Readonly<Record<string, string>>, packages: Packages): WorkspacePackage[] {
  return Object.keys(dependencies).flatMap((name) => packages.get(name) ?? [])
}

function isAllowed(from: string, target: WorkspacePackage, typeOnly = true): boolean {
  if (!target.directory.startsWith('packages/')) return false
  const arrows = [...(allowedArrows[from] ?? []), ...(typeOnly ? (allowedTypeArrows[from] ?? []) : [])]
  return target.shortName === from || arrows.includes(target.shortName)
}

interface Import {
  readonly specifier: string
  readonly typeOnly: boolean
}

/** Static imports and re-exports begin a line; what stands in a template or a comment does not. */
const statement =
  /^(?:import\b|export\b(?=[\w\s{},*$]*\bfrom\b))(?<type>\s+type\b)?(?:[\w\s{},*$]*\bfrom\b)?\s*['"](?<specifier>[^'"\n]+)['"]/gm
const dynamic = /\b(?:import|require)\(\s*['"](?<specifier>[^'"\n]+)['"]/g

function importsOf(code: string): Import[] {
  const found = [...code.matchAll(statement), ...code.matchAll(dynamic)]
  return found.map(({ groups }) => ({
    specifier: groups?.['specifier'] ?? '',
    typeOnly: groups?.['type'] !== undefined,
  }))
}

function importProblems(source: SourceFile, packages: Packages): string[] {
  const own = `packages/${source.packageName}`
  const manifest = [...packages.values()].find(({ directory }) => directory === own)?.manifest
  const used = { ...manifest?.dependencies, ...manifest?.peerDependencies }
  const declared = source.isTest ? { ...used, ...manifest?.devDependencies } : used
  return importsOf(source.code).flatMap(({ specifier, typeOnly }) => {
    if (specifier.startsWith('.')) return relativeProblems(source, specifier)
    const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
    const target = packages.get(name)
    if (target === undefined || target.directory === own) return []
    const problems: string[] = []
    if (
      target.directory.startsWith('examples/') ||
      (!source.isTest && !isAllowed(source.packageName, target, typeOnly))
    ) {
      problems.push(`${source.path} imports ${name}, which is not among the arrows of ${source.packageName}.`)
    }
    if (!(name in declared))
      problems.push(`${source.path} imports ${name}, which ${own}/package.json does not declare.`)
    return problems
  })
}

/** A path into another package passes by its `exports`, and by every check of names. Tests are not published: they may. */
function relativeProblems(source: SourceFile, specifier: string): string[] {
  const target = posix.join(posix.dirname(source.path), specifier)
  const [top, name] = target.split('/')
  const isForeign = top === 'examples' || (top === 'packages' && name !== source.packageName && !source.isTest)
  return isForeign ? [`${source.path} imports ${specifier}: a file of another package.`] : []
}

const ddl =
  /\b(?:create|alter|drop)\s+(?:or\s+replace\s+|unique\s+|unlogged\s+|temporary\s+|materialized\s+|event\s+)*(?:table|schema|policy|role|user|view|index|function|procedure|trigger|type|domain|sequence|extension|database)\b\s+\S|\b(?:grant|revoke)\s+[\w, ]+\s+on\s+\S|\b(?:enable|disable|force)\s+row\s+level\s+security\b/i

function ddlProblems(source: SourceFile): string[] {
  if (source.isTest || ddlOwners.includes(source.packageName) || ddlExceptions.includes(source.path)) return []
  const found = ddl.exec(source.code)
  if (!found) return []
  return [
    `${source.path} contains DDL (${JSON.stringify(found[0])}), which only rls-migrations and migrations/*.sql may.`,
  ]
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ')
}

if (import.meta.main) {
  const problems = findGraphProblems(join(import.meta.dirname, '..'))
  for (const problem of problems) console.error(problem)
  process.exitCode = problems.length === 0 ? 0 : 1
}
