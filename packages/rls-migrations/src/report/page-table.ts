import { markup, type Markup } from './markup.ts'

export interface Column {
  readonly title: string
  readonly isNumber?: boolean
}

/** A table with a caption and a header for each row and column, so that it can be read without being seen. */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly (Markup | string | number)[])[],
): Markup {
  return markup`<div class="scroll">
    <table>
      <caption>${caption}</caption>
      <thead><tr>${columns.map(({ title, isNumber }) => markup`<th scope="col"${numeric(isNumber)}>${title}</th>`)}</tr></thead>
      <tbody>${rows.map(
        ([first = '', ...rest]) =>
          markup`
        <tr><th scope="row">${first}</th>${rest.map((cell, at) => markup`<td${numeric(columns[at + 1]?.isNumber)}>${cell}</td>`)}</tr>`,
      )}
      </tbody>
    </table>
  </div>`
}

/** The name of an object of the database. */
export function name(text: string): Markup {
  return markup`<code>${text}</code>`
}

/** Names after one another. */
export function names(texts: readonly string[]): readonly Markup[] {
  return texts.map((text, at) => markup`${at === 0 ? '' : ', '}${name(text)}`)
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

function numeric(isNumber = false): Markup {
  return isNumber ? markup` class="number"` : markup``
}
