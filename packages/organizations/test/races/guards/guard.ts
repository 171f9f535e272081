/** A guard of the control plane, and how it is taken away. */
export interface Guard {
  readonly name: string
  /** Pieces of functions that are replaced. */
  readonly functions?: readonly (readonly [name: string, piece: string | RegExp, instead: string])[]
  /** Statements of the administrator. */
  readonly sql?: string
}
