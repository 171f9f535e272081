/** Who signs the tokens of the users, and for whom they are. */
export const tokenNames = { issuer: 'https://id.notes.example', audience: 'notes-api' } as const
