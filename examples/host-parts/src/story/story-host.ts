import type { VerifyToken } from '../verify-token.ts'

/** What a host of the story is started with. */
export interface StoryStage {
  readonly verifyToken: VerifyToken
  /** What a host gives as the mailer of its invitations. */
  readonly mailer: { readonly send: (message: { readonly email: string; readonly token: string }) => Promise<void> }
  readonly writeLog: (line: string) => void
}

/** One of the two organizations. */
export interface StoryOrganization {
  readonly id: string
  readonly slug: string
  /** Who owns it, and is in no other. */
  readonly ownerId: string
  /** What each of its rows shows in a list. */
  readonly mark: string
}

/** A host that listens on a real socket, over a converted database with two organizations. */
export interface StoryHost extends AsyncDisposable {
  readonly origin: string
  readonly mine: StoryOrganization
  readonly other: StoryOrganization
  /** A list of the host's own, and the marks in what it answers. */
  readonly list: string
  readonly marksOf: (body: unknown) => readonly string[]
  /** A row that only `mine` has. */
  readonly item: string
  /** A request of the host's own that writes. */
  readonly write: { readonly path: string; readonly body: object }
  /** Somebody signs up with the service, and is in no organization. */
  readonly signUp: (user: { readonly id: string; readonly email: string }) => Promise<void>
}

export type StartStoryHost = (stage: StoryStage) => Promise<StoryHost>
