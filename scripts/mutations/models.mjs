// The guards that the mutants of the models lack (scripts/models.ts), taken out of the code: test/model-bridge.test.ts
// replays the schedule that Spin found for the model, and the code takes the same steps to the same end.
const REFRESH = 'src/sessions/refresh.ts';
const FAMILY = 'src/sessions/refresh-attempt.ts';
const LUA = (name) => `src/revocation/${name}.lua`;
const IS_STILL_MINE = "if redis.call('HGET', KEYS[1], 'l') ~= ARGV[1] .. me then return 0 end\n";
const WITH_HISTORY = "string.match(info, 'run_id:(%x+)') .. string.match(info, 'master_replid:(%x+)')";
const BEGIN = 'if (!flight) return this.begin(key, read);';
const ROTATE = 'const [row] = await rotation.run(this.database, { ...values, rememberHours, idleHours });';

/** By model and mutant. Each edit is [file, the present text, the text without the guard, the number of occurrences]. */
const edits = {
  refresh: {
    LOOK_THEN_SET: [
      [
        REFRESH,
        ROTATE,
        `const looked = await readFamily(this.database, attempt, gracesOf(this.database, this.config));
         if (!looked?.is_alive || !looked.is_current) return undefined;
         ${ROTATE}`,
      ],
      [
        REFRESH,
        `     and s.token = \${given('hash')} and s.generation = \${given('generation')} and s.transport = \${given('transport')}
     and \${isAlive}
`,
        '',
      ],
    ],
    NO_GRACE_LIMIT: [[FAMILY, 'sql`s.rotated_at + make_interval(secs => ${graceSeconds}) > now`', 'sql`true`']],
    GRACE_SLIDES: [[REFRESH, 'set replays = s.replays + 1,', 'set rotated_at = now, replays = s.replays + 1,']],
    REPLAY_UNCHECKED: [[REFRESH, "     and s.previous_token = ${given('hash')} and ${isInGrace} and ${isAlive}\n", '']],
    PUNISH_UNCHECKED: [
      [REFRESH, 'and not revoked and (${ends} or reuse_observed_at', 'and (${ends} or reuse_observed_at'],
    ],
  },
  revocation: {
    NO_LEASE: [[LUA('fill'), IS_STILL_MINE, '']],
    JOINED_READS: [['src/revocation/shared-reads.ts', BEGIN, `${BEGIN}\n    if (flight) return flight.current;`]],
    DEL_BEFORE_COMMIT: [
      ['src/revocation/outbox.ts', 'tx.afterCommit(async () => {', 'await (async () => {'],
      ['src/revocation/outbox.ts', '    });\n    return confirmation;', '    })();\n    return confirmation;'],
    ],
    RUN_ID_ALONE: [
      [LUA('check'), 'local me = run_id .. history', 'local me = run_id'],
      [LUA('lease'), 'local me = run_id .. history', 'local me = run_id'],
      [LUA('fill'), WITH_HISTORY, "string.match(info, 'run_id:(%x+)')"],
    ],
  },
};

/** The broken invariant, where the code took every step of the schedule. */
function verdict(output) {
  return /As in the model: (every step was taken, and .+ is broken)\./.exec(output)?.[1];
}

export const mutations = Object.entries(edits).flatMap(([model, mutants]) =>
  Object.entries(mutants).map(([mutant, changes]) => ({
    name: `bridge: ${model} ${mutant}`,
    edits: changes,
    run: ['test/model-bridge.test.ts', '-t', `without a guard, ${mutant}`],
    verdict,
  })),
);
