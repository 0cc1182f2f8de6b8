/* Revocation: what Redis remembers of a user, and why a token that was revoked stays dead (docs/protocols/revocation.md).
 * Each atomic step is one statement of PostgreSQL or one command or script of Redis (src/revocation/).
 *
 * One session of one user; two instances, of which the first has two checks that share their reads; two servers of Redis, of
 * which one is the primary. An instance speaks to the present primary.
 */
#ifndef FAULTS
#define FAULTS 3               /* evictions, restarts, promotions and lost commands, together */
#endif
#ifndef CHECKS
#define CHECKS 2               /* of each process */
#endif
#define NOBODY 0
/* What must hold, under the names of docs/protocols/; a counterexample ends with the name. */
#define HOLDS(names, what) if :: (what) :: else -> printf(#names); printf(" is broken\n"); assert(false) fi

typedef Server {
  bool v; bool isDead;         /* the entry: there is a verdict, and which */
  byte by; byte history;      /* who wrote it: `e` */
  byte lease; byte leaseRun; byte leaseHistory
}
Server server[2], dump;
bool hasDump = false;
byte primary = 0;
byte runOf[2], historyOf[2];
byte histories = 1;
byte faults = 0;

bool isDead = false;           /* the truth, in PostgreSQL */
bool isDue = false;            /* a row of revocation_outbox */
bool answered2xx = false;
bool isReading = false;        /* the first instance has a read in flight */
#ifdef MUTANT_JOINED_READS
bool lastRead = false;         /* what it read last */
#define NOTE(read) lastRead = read;
#else
#define NOTE(read)
#endif

#define MAY_FAIL (faults < FAULTS)
#define IS_OURS(s) (server[s].by == runOf[s] IS_OF_HISTORY(s))
#ifdef MUTANT_RUN_ID_ALONE
#define IS_OF_HISTORY(s)
#else
#define IS_OF_HISTORY(s) && server[s].history == historyOf[s]
#endif

inline drop(s) {
  server[s].v = false; server[s].isDead = false; server[s].by = 0; server[s].history = 0;
  server[s].lease = NOBODY; server[s].leaseRun = 0; server[s].leaseHistory = 0
}

inline copy(to, from) {
  to.v = from.v; to.isDead = from.isDead; to.by = from.by; to.history = from.history;
  to.lease = from.lease; to.leaseRun = from.leaseRun; to.leaseHistory = from.leaseHistory
}

inline rebuild(me, read) {
  atomic {                                        /* lease.lua */
    hasLease = false;
    if
    :: MAY_FAIL -> faults++; printf("%d: LEASE is not answered\n", me)      /* or Redis did not answer the check */
    :: true ->
       if
       :: server[primary].v && !IS_OURS(primary) -> drop(primary)
       :: else
       fi;
       if
       :: server[primary].lease == NOBODY -> hasLease = true
       :: server[primary].lease != NOBODY         /* somebody holds it */
       :: server[primary].lease != NOBODY -> hasLease = true   /* for longer than it is good */
       fi;
       if
       :: hasLease ->
          printf("%d: LEASE\n", me);
          server[primary].lease = me;
          server[primary].leaseRun = runOf[primary]; server[primary].leaseHistory = historyOf[primary]
       :: else -> printf("%d: LEASE: another has it\n", me)
       fi
    fi
  };
  atomic { read = isDead; printf("%d: reads PostgreSQL: dead %d\n", me, read) };   /* TruthReads.ofUser */
  atomic {                                        /* fill.lua */
    if
#ifdef MUTANT_NO_LEASE
    :: hasLease ->                                /* it has been mine */
#else
    :: hasLease && server[primary].lease == me && server[primary].leaseRun == runOf[primary] &&
       server[primary].leaseHistory == historyOf[primary] ->
#endif
       printf("%d: FILL: dead %d\n", me, read);
       drop(primary);
       server[primary].v = true; server[primary].isDead = read;
       server[primary].by = runOf[primary]; server[primary].history = historyOf[primary]
    :: else ->
       if
       :: hasLease -> printf("%d: FILL: the lease is lost\n", me)
       :: else                                    /* it is not asked */
       fi
    fi;
    hasLease = false
  }
}

inline judge(me, verdictIsDead) {
  /* a check that begins after the 2xx finds the token dead, whatever Redis forgot or brought back */
  printf("%d: judges: dead %d, after the 2xx %d\n", me, verdictIsDead, isLate);
  HOLDS(V1 V2 V3 V11, !isLate || verdictIsDead);
  isLate = false; verdict = false
}

/* An instance with checks that share their reads. */
proctype SharingCheck(byte me) {
  byte n = 0;
  bool isLate, verdict, hasLease, isKnown;
  do
  :: n < CHECKS ->
     atomic {                                     /* check.lua */
       isLate = answered2xx;
       if
       :: server[primary].v && IS_OURS(primary) ->
          isKnown = true; verdict = server[primary].isDead;
          printf("%d: asks: dead %d\n", me, verdict)
       :: else -> isKnown = false; printf("%d: asks: nothing is known\n", me)
       fi
     };
     if
     :: isKnown
     :: else ->
        if
#ifdef MUTANT_JOINED_READS
        :: atomic { isReading -> !isReading };
           atomic { verdict = lastRead; printf("%d: takes what the other has read\n", me) }
#endif
        :: atomic { !isReading -> isReading = true };    /* SharedReads: the next read begins when this one has ended */
           rebuild(me, verdict);
           atomic { NOTE(verdict) isReading = false }
        fi
     fi;
     atomic { judge(me, verdict); isKnown = false; n++ }
  :: else -> break
  od
}

proctype Check(byte me) {
  byte n = 0;
  bool isLate, verdict, hasLease, isKnown;
  do
  :: n < CHECKS ->
     atomic {
       isLate = answered2xx;
       if
       :: server[primary].v && IS_OURS(primary) ->
          isKnown = true; verdict = server[primary].isDead;
          printf("%d: asks: dead %d\n", me, verdict)
       :: else -> isKnown = false; printf("%d: asks: nothing is known\n", me)
       fi
     };
     if
     :: isKnown
     :: else -> rebuild(me, verdict)
     fi;
     atomic { judge(me, verdict); isKnown = false; n++ }
  :: else -> break
  od
}

active proctype Revoker() {
#ifdef MUTANT_DEL_BEFORE_COMMIT
  atomic { drop(primary); printf("DEL\n") };
  atomic { isDead = true; printf("COMMIT\n") };
  atomic { answered2xx = true; printf("2xx\n") }
#else
  atomic { isDead = true; isDue = true; printf("COMMIT\n") };
  if
  :: atomic { drop(primary); printf("DEL\n") };
     atomic { isDue = false; answered2xx = true; printf("2xx\n") }
  :: atomic { MAY_FAIL -> faults++; printf("DEL is not confirmed\n") }    /* 503, or the instance died */
  fi
#endif
}

active proctype OutboxWorker() {
end:
  atomic { isDue -> drop(primary); isDue = false; printf("the outbox worker: DEL\n") }
}

/* Redis, which may forget, restart from a dump, and lose its primary. */
active proctype Redis() {
end:
  do
  :: atomic { MAY_FAIL -> faults++; drop(primary); printf("Redis forgets\n") }                       /* eviction, FLUSHALL, the end of its life */
  :: atomic { copy(server[1 - primary], server[primary]);
              historyOf[1 - primary] = historyOf[primary]; printf("the replica has caught up\n") }               /* the replica has caught up */
  :: atomic { MAY_FAIL -> faults++; primary = 1 - primary; histories++; historyOf[primary] = histories;
              printf("promotion of server %d\n", primary) }
  :: atomic { !hasDump -> hasDump = true; copy(dump, server[primary]); printf("a dump is saved\n") }
  :: atomic { MAY_FAIL && hasDump -> faults++; copy(server[primary], dump);
              runOf[primary] = runOf[primary] + 2; histories++; historyOf[primary] = histories;
              printf("restart from a dump\n") }
  od
}

init {
  atomic {
    runOf[0] = 1; runOf[1] = 2; historyOf[0] = 1; historyOf[1] = 1;
    run SharingCheck(1); run SharingCheck(2); run Check(3)
  }
}
