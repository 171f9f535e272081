const removed = '[removed]'

/** What tells a person or opens a door, wherever it stands in a text. */
const patterns: readonly RegExp[] = [
  // The header of a request, whatever the scheme.
  /(?<=\b(?:Bearer|Basic) )[\w.~+/=-]+/gi,
  // Keys of programs and tokens of invitations.
  /\bpw[a-z]_[\w.-]+/g,
  // JSON Web Tokens.
  /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g,
  // The password in a connection string.
  /(?<=:\/\/[^\s:/@"]*:)[^\s@"]+(?=@)/g,
  // Addresses, from where a word begins: else a long one would be read again from each of its letters. The last part is
  // letters: `pino@10.4.0` in the path of a module is none.
  /(?<=^|[\s"'<>()\\,;:=])[^\s"'<>()\\,;:=]+@[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*\.\p{L}{2,}/gu,
]

/** A text without tokens, keys, passwords and e-mail addresses. */
export function scrub(text: string): string {
  return patterns.reduce((result, pattern) => result.replaceAll(pattern, removed), text)
}
