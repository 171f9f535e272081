export { peopleOf } from './people-of.ts'
export type { AttackedHost } from './people-of.ts'
export { siteOf } from './site-of.ts'
