/** The statements that a DBA is asked to run; nothing when there are none. */
export function leftText(left: readonly { readonly statements: readonly string[] }[]): string {
  if (left.length === 0) return ''
  const statements = left.flatMap((step) => step.statements.map((statement) => `  ${statement};`))
  return `Left to a DBA, since this login may not do it:\n${statements.join('\n')}\n`
}
