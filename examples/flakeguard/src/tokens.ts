/** Who signs the tokens of FlakeGuard's users, and for whom they are. */
export const tokenNames = { issuer: 'https://id.flakeguard.example', audience: 'flakeguard-api' } as const
