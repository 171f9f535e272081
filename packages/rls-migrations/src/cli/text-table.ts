import { printable } from './printable.ts'

/** Rows of text with their columns aligned; numbers to the right. */
export function textTable(source: readonly (readonly (string | number)[])[], indent = '  '): string {
  const rows = source.map((row) => row.map((cell) => (typeof cell === 'number' ? cell : printable(cell))))
  const widths: number[] = []
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, String(cell).length)
  }
  return rows
    .map((row) => {
      const cells = row.map((cell, at) =>
        typeof cell === 'number' ? String(cell).padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
      )
      return `${indent}${cells.join('  ')}`.trimEnd()
    })
    .join('\n')
}
