/** Changes of single lines, and lines that come behind others; the numbers of lines stay those of the original. */
export class LineEdits {
  readonly #originals: readonly string[]
  readonly #lines: (string | null)[]
  readonly #behind = new Map<number, string[]>()

  constructor(lines: readonly string[]) {
    this.#originals = lines
    this.#lines = [...lines]
  }

  original(line: number): string {
    return this.#originals[line] ?? ''
  }

  replace(line: number, change: (text: string) => string | null): void {
    const text = this.#lines[line]
    if (text !== null && text !== undefined) this.#lines[line] = change(text)
  }

  insertBehind(line: number, text: string): void {
    this.#behind.set(line, [...(this.#behind.get(line) ?? []), text])
  }

  text(): string {
    return this.#lines
      .flatMap((text, line) => [...(text === null ? [] : [text]), ...(this.#behind.get(line) ?? [])])
      .join('\n')
  }
}
