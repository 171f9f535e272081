import type { TokenIssuer } from '../token-issuer.ts'
import type { StoryHost } from './story-host.ts'

/** The host, once it is up, and what came out of it. */
export interface Scene {
  readonly host: StoryHost
  readonly issuer: TokenIssuer
  readonly sent: { readonly email: string; readonly token: string }[]
  readonly log: string[]
  /** Calls as a user, by a fresh token, or with a bearer token of another kind. */
  readonly ask: (
    who: { readonly userId: string } | { readonly bearer: string } | undefined,
    request: AskedRequest,
  ) => Promise<Answer>
}

export interface AskedRequest {
  /** `GET` without a word in front. */
  readonly line: string
  readonly organization?: string | undefined
  readonly body?: object | undefined
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}

/** Who signs the tokens of the story. */
export const storyTokens = { issuer: 'https://id.story.example', audience: 'story' } as const
