import type { HostName } from '../hosts.ts'

/** A text of a source or of a function that is put in the place of another, which has to be there. */
export interface Edit {
  readonly find: string
  readonly put: string
}

/** A guard in a source that is taken away before the host is loaded. */
export interface SourceMutant {
  readonly name: string
  /** From `packages/`. */
  readonly file: string
  readonly edits: readonly Edit[]
  /** The hosts that have the guard. @defaultValue both */
  readonly hosts?: readonly HostName[]
}

/** A guard in a function of the control plane that is taken away. */
export interface FunctionMutant {
  readonly name: string
  readonly functionName: string
  readonly edits: readonly Edit[]
}

/** A table whose rows the policy of its organization no longer hides. */
export interface PolicyMutant {
  readonly name: string
  readonly table: string
}

/** @throws when a text that is to be replaced is not there: a mutant that changes nothing would survive for no reason. */
export function applyEdits(text: string, edits: readonly Edit[], where: string): string {
  let edited = text
  for (const { find, put } of edits) {
    if (!edited.includes(find)) throw new Error(`${where} has no "${find}" any more. Say where the guard is now.`)
    edited = edited.replaceAll(find, put)
  }
  return edited
}
