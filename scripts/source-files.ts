import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

/** One TypeScript file of a package. */
export interface SourceFile {
  /** From the root of the repository, with slashes. */
  readonly path: string
  /** The directory of its package below `packages/`. */
  readonly packageName: string
  /** Whether it is a test or supports tests, and so is not published. */
  readonly isTest: boolean
  /** Its text with the comment lines blanked: examples in them are not code. */
  readonly code: string
}

const testFile = /\.(test|test-d|fixture)\.ts$|\/(fixtures?|test|tests)\//

/** Every TypeScript file that somebody wrote below `packages/`. */
export function sourceFiles(root: string): readonly SourceFile[] {
  return globSync('packages/*/{src,test}/**/*.ts', { cwd: root })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => !path.includes('/generated/'))
    .toSorted()
    .map((path) => ({
      path,
      packageName: path.split('/')[1] ?? '',
      isTest: testFile.test(path),
      code: withoutCommentLines(readFileSync(join(root, path), 'utf8')),
    }))
}

function withoutCommentLines(text: string): string {
  return text.replaceAll(/^\s*(\*|\/\*|\/\/).*$/gm, '')
}

/** The members of a manifest that say what a package uses. */
export interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly exports?: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/** A package or an example of the workspace. */
export interface WorkspacePackage {
  /** From the root of the repository: `packages/quota`. */
  readonly directory: string
  /** The last part of it: `quota`. */
  readonly shortName: string
  readonly manifest: Manifest
}

/** Every package and every example, by the name it is imported with. */
export function workspacePackages(root: string): ReadonlyMap<string, WorkspacePackage> {
  const manifests = ['packages', 'examples'].flatMap((parent) =>
    existsSync(join(root, parent)) ? globSync(join(root, parent, '*/package.json')) : [],
  )
  return new Map(
    manifests.toSorted().map((file) => {
      const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest
      const directory = relative(root, join(file, '..')).split(sep).join('/')
      return [manifest.name, { directory, shortName: directory.split('/')[1] ?? '', manifest }]
    }),
  )
}
