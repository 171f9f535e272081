import { join } from 'node:path'
import { API } from 'typescript/unstable/sync'
import type { Project } from 'typescript/unstable/sync'

/** Sources as the compiler understands them. */
export interface OpenSources extends Disposable {
  readonly project: Project
}

/** Opens files of the repository, and what they import, with others that stand nowhere but here. */
export function openSources(
  root: string,
  files: readonly string[],
  virtual: Readonly<Record<string, string>> = {},
): OpenSources {
  const configFile = join(root, 'tsconfig.api-examples.json')
  const config = {
    extends: './tsconfig.base.json',
    compilerOptions: {
      noEmit: true,
      declaration: false,
      isolatedDeclarations: false,
      rewriteRelativeImportExtensions: false,
      allowImportingTsExtensions: true,
      // What a reader's compiler need not ask for.
      noUncheckedIndexedAccess: false,
      noPropertyAccessFromIndexSignature: false,
    },
    files: [...files, ...Object.keys(virtual)],
  }
  const texts = new Map([...Object.entries(virtual), [configFile, JSON.stringify(config)]])
  const api = new API({
    cwd: root,
    fs: { readFile: (file) => texts.get(file), fileExists: (file) => (texts.has(file) ? true : undefined) },
  })
  const project = api.updateSnapshot({ openProjects: [configFile] }).getProject(configFile)
  if (project === undefined) throw new Error(`The compiler does not open ${configFile}.`)
  return { project, [Symbol.dispose]: () => api.close() }
}
