import { printable } from '../cli/printable.ts'

/** Text that is HTML already. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Part = Markup | string | number | readonly Part[]

/** Everything that is put into the template is escaped unless it is HTML already: names of tables are anybody's text. */
export function markup(pieces: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(pieces.reduce((text, piece, at) => text + rendered(parts[at - 1] ?? '') + piece))
}

function rendered(part: Part): string {
  if (part instanceof Markup) return part.text
  if (typeof part === 'object') return part.map(rendered).join('')
  return escaped(String(part))
}

/** What is invisible or turns the text around is shown as its code. */
function escaped(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
