// Statements that span shards, or break another rule of test/support/shard-rules.ts, each with the reason.
interface Exception {
  /** Of the statement's text, in one line. */
  readonly statement: RegExp;
  readonly breaks: RegExp;
  readonly why: string;
}

const SPANS = /without its shard$/;

export const exceptions: readonly Exception[] = [
  {
    statement: /^select ("\w+"\."\w+"(, )?)+ from "\w+" where .+ order by "\w+"\."\w+" limit \$\d+$/,
    breaks: SPANS,
    why: 'A purge looks for rows that are over wherever they are, every ten minutes; it deletes them by their keys.',
  },
  {
    statement:
      /^(select id from "users" where pending_until|delete from "(service_token_revocations|guess_failures)" where)/,
    breaks: SPANS,
    why: 'Purges of another shape, as rare.',
  },
  {
    statement: /^select t\."(recipient|user_id)", t\.id, t\.attempts from/,
    breaks: SPANS,
    why: 'Whoever delivers mail or alerts looks for what is due wherever it is; each row is claimed on its shard.',
  },
  {
    statement: /(from|update) "mail_outbox"/,
    breaks: SPANS,
    why: 'What an operator asks of the whole queue, and whether a mail is the first that died within the hour.',
  },
  {
    statement: /from "revocation_outbox", protocol_now\(\) as now where/,
    breaks: SPANS,
    why: 'The outbox of revocations is worked off wherever its rows are.',
  },
  {
    statement: /^with (read|looked) as materialized/,
    breaks: /./,
    why: 'The feed of everything that is revoked, and the lists of administrators, look at all shards.',
  },
  {
    statement: /^select .*from "(users|audit_events|refresh_tokens|passkeys|totp_authenticators|factor_tickets)"/,
    breaks: SPANS,
    why: 'Figures, lists and exports for administrators and operators; the last administrator; passkeys of an old domain.',
  },
  {
    statement: /^select .* as first, .* as sealed from/,
    breaks: SPANS,
    why: 'A rewrap reads every sealed row under a new key-encryption key, batch by batch.',
  },
  {
    statement: /^update "users" set token_version = token_version \+ 1, session_epoch = session_epoch \+ 1 where id in/,
    breaks: SPANS,
    why: '`sessions end --all` and its route end the sessions of everybody, batch by batch.',
  },
  {
    statement: /"revoked_subjects"/,
    breaks: /./,
    why: 'Who is revoked at all is told by subject and not by user: one more shard for each act that ends all tokens.',
  },
  {
    statement: /"user_lookups"|"user_emails"/,
    breaks: SPANS,
    why: 'An import asks for many addresses and tokens at once; the ways to a deleted user go by the user.',
  },
  {
    statement: /^select distinct user_id as "userId" from "upstream_sign_ins"/,
    breaks: SPANS,
    why: 'A logout at a provider names its session or subject there, and no user of ours.',
  },
  {
    statement: /^select count\(\*\)::int as count from \(select from "\w+" limit \$1\) as few$/,
    breaks: SPANS,
    why: 'A figure for administrators: whether some rows wait anywhere.',
  },
  {
    statement: /^select jti from "service_token_revocations" where expires_at/,
    breaks: SPANS,
    why: 'Part of the feed, which looks at all shards.',
  },
  {
    statement: /"service_token_revocations" r where r\.service_id = s\.id/,
    breaks: SPANS,
    why: 'The service is known, by its row of a table that every node has.',
  },
  {
    statement: /^with ended as \( insert into "service_token_revocations"/,
    breaks: /./,
    why: 'Rare: an operator or a service ends one token of a service.',
  },
  {
    statement: /^(select|update|insert into|delete from) "?(server_secrets|imports|import_refusals)/,
    breaks: SPANS,
    why: 'On the coordinator.',
  },
  {
    statement: /^with reused as/,
    breaks: /^several writes/,
    why: 'A reuse must be decided, told and recorded by one statement, once for any number of presentations; all of it lies on one shard.',
  },
  {
    statement: /^with (one|dead) as/,
    breaks: /^several writes/,
    why: 'An event and its alert, rare, on one shard.',
  },
  {
    statement: /"guess_budgets"/,
    breaks: /./,
    why: 'Open: a guess is charged by one statement, whose delay is computed from the row. docs/operations/citus.md says what that means.',
  },
];

export const isExcepted = (text: string, broken: string): boolean => {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return exceptions.some(({ statement, breaks }) => statement.test(line) && breaks.test(broken));
};
