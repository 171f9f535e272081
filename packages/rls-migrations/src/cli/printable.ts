// Control characters move the cursor of a terminal, and those of direction turn its text around: a name may hold both.
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** The text as a terminal can show it on one line: what is invisible or moves the cursor is written as its code. */
export function printable(text: string): string {
  return text.replaceAll(unprintable, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`)
}
