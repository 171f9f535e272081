import { SignatureKind, SymbolFlags } from 'typescript/unstable/sync'
import type { Project, Symbol as Declared } from 'typescript/unstable/sync'
import { SyntaxKind, isExportDeclaration } from 'typescript/unstable/ast'
import { ports } from './ports.ts'

/** Something that is called, and so has an example. */
export interface PublicCallable {
  /** `normalizeEmail`, `Members.leave`: as examples are named. */
  readonly name: string
  /** In full. */
  readonly path: string
}

/** The functions and classes of an entry point, and the methods of its interfaces and classes. */
export function publicCallables(project: Project, entry: string): readonly PublicCallable[] {
  const found = exportsOf(project, entry).flatMap((exported) => callablesOf(project, exported))
  return [...new Map(found.map((one) => [`${one.path} ${one.name}`, one])).values()]
}

/** What a file exports, types included. */
export function exportsOf({ checker, program }: Project, entry: string): readonly Declared[] {
  const source = program.getSourceFile(entry)
  const module = source === undefined ? undefined : checker.getSymbolAtLocation(source)
  if (module === undefined) throw new Error(`${entry} exports nothing.`)
  return checker.getExportsOfModule(module)
}

function callablesOf(project: Project, exported: Declared): readonly PublicCallable[] {
  const { checker } = project
  const symbol = exported.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
  const declaration = symbol.declarations[0]
  if (declaration === undefined) return []
  const { path, kind } = declaration
  if (kind === SyntaxKind.InterfaceDeclaration)
    return ports.has(symbol.name) ? [] : methodsOf(symbol, [SyntaxKind.MethodSignature])
  if (kind === SyntaxKind.ClassDeclaration) {
    // Of a class that is exported as a type the package makes the instances.
    const own = isTypeOnly(project, exported) ? [] : [{ name: symbol.name, path }]
    return [...own, ...methodsOf(symbol, [SyntaxKind.MethodDeclaration])]
  }
  const type = checker.getTypeOfSymbol(symbol)
  const isCallable = type !== undefined && checker.getSignaturesOfType(type, SignatureKind.Call).length > 0
  return isCallable && kind !== SyntaxKind.TypeAliasDeclaration ? [{ name: symbol.name, path }] : []
}

function isTypeOnly(project: Project, { declarations }: Declared): boolean {
  const specifier = declarations[0]?.resolve(project)
  const statement = specifier?.parent.parent
  return statement !== undefined && isExportDeclaration(statement) && statement.isTypeOnly
}

function methodsOf(owner: Declared, kinds: readonly SyntaxKind[]): readonly PublicCallable[] {
  return [...owner.getMembers().values()].flatMap(({ name, declarations }) => {
    const [declaration] = declarations
    // The name of a private one, or of a well-known symbol, is nobody's to write.
    if (declaration === undefined || !kinds.includes(declaration.kind) || !/^\w+$/.test(name)) return []
    return name.startsWith('__') ? [] : [{ name: `${owner.name}.${name}`, path: declaration.path }]
  })
}
