import { sqlTokens, type SqlToken } from './sql-tokens.ts'
import { undefinedObject, type StatementPlan } from './statement-plan.ts'

/** Role specifications that are no role of their own. */
const PSEUDO = new Set(['public', 'current_user', 'session_user', 'current_role'])

/** The plan for GRANT, REVOKE and ALTER DEFAULT PRIVILEGES. */
export function grantPlan(text: string): StatementPlan {
  const tokens = topLevel(text)
  const words = tokens.map(keyword)
  if (words[0] === 'alter') return defaultPrivilegesPlan(text, tokens)
  const on = words.indexOf('on')
  const roles = grantees(tokens)
  if (on < 0) return membershipPlan(tokens)
  if (words[on + 1] === 'database' || words[on + 1] === 'tablespace')
    return { action: 'skip', note: 'database-skipped' }
  const sql = withoutGrantor(text, tokens)
  if (words[on + 1] === 'foreign' && words[on + 2] === 'server') {
    const tolerates = { sqlStates: undefinedObject, note: 'foreign-access-skipped' } as const
    return { action: 'administrator', name: 'grant on foreign server', sql, roles, tolerates }
  }
  // What an extension or an administrator owns is not the owner's to grant. Never granted through the administrator:
  // EXECUTE on a function that writes files would reach the machine.
  const tolerates = { sqlStates: ['42501'], afterOmission: undefinedObject, note: 'privilege-skipped' } as const
  return { action: 'run', sql, roles, tolerates }
}

/** The plan for CREATE POLICY and ALTER POLICY. */
export function policyPlan(text: string): StatementPlan {
  const tokens = topLevel(text)
  const words = tokens.map(keyword)
  const rename = words.indexOf('rename')
  const to = words.indexOf('to')
  return { action: 'run', roles: to < 0 || rename >= 0 ? [] : roleList(tokens.slice(to + 1)) }
}

function membershipPlan(tokens: readonly SqlToken[]): StatementPlan {
  if (keyword(tokens[0]) === 'revoke') return { action: 'skip', note: 'role-definition-skipped' }
  return { action: 'membership', granted: roleList(tokens.slice(1)), members: grantees(tokens) }
}

/** FOR ROLE names who creates the objects. Here that is the loading owner, for every role that owned objects. */
function defaultPrivilegesPlan(text: string, tokens: readonly SqlToken[]): StatementPlan {
  const words = tokens.map(keyword)
  const start = words.findIndex((word) => word === 'grant' || word === 'revoke')
  const roles = grantees(tokens.slice(Math.max(start, 0)))
  const forAt = words[3] === 'for' ? 3 : -1
  const owners = forAt < 0 ? [] : roleList(tokens.slice(5))
  const until = words.findIndex((word, index) => index > 4 && (word === 'in' || word === 'grant' || word === 'revoke'))
  const [from, to] = [tokens[forAt]?.start, tokens[until]?.start]
  const ownSql = forAt < 0 || from === undefined || to === undefined ? text : text.slice(0, from) + text.slice(to)
  return { action: 'default-privileges', owners, roles, ownSql }
}

function topLevel(text: string): SqlToken[] {
  return [...sqlTokens(text)].filter((token) => token.depth === 0)
}

function keyword(token: SqlToken | undefined): string {
  return token?.kind === 'word' ? token.text : ''
}

/** The roles after the last TO of a GRANT or the last FROM of a REVOKE. */
function grantees(tokens: readonly SqlToken[]): string[] {
  const words = tokens.map(keyword)
  const at = words.lastIndexOf(words.includes('revoke') ? 'from' : 'to')
  return at < 0 ? [] : roleList(tokens.slice(at + 1))
}

function roleList(tokens: readonly SqlToken[]): string[] {
  const roles: string[] = []
  let wanted = true
  for (const token of tokens) {
    if (token.kind === 'symbol' && token.text === ',') wanted = true
    else if (wanted && keyword(token) === 'group') continue
    else if (wanted && (token.kind === 'word' || token.kind === 'quoted')) {
      if (token.kind === 'quoted' || !PSEUDO.has(token.text)) roles.push(token.text)
      wanted = false
    } else break
  }
  return roles
}

/** The grantor must be the one who runs the statement, and that is the loading owner. */
function withoutGrantor(text: string, tokens: readonly SqlToken[]): string {
  const at = tokens.findIndex((token, index) => keyword(token) === 'granted' && keyword(tokens[index + 1]) === 'by')
  const [from, to] = [tokens[at], tokens[at + 2]]
  return at < 0 || from === undefined || to === undefined ? text : text.slice(0, from.start) + text.slice(to.end)
}
