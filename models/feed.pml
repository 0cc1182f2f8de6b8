/* The feed: a follower knows what was revoked before its time (docs/protocols/feed.md).
 * Each atomic step is one transaction, one read of the whole set, or one document (src/siblings/).
 *
 * Two acts that revoke, whose numbers are given at their beginning and which commit in any order; three instances, of which
 * any may lose the database and one may restart; two followers, which ask any of them. Time counts commits.
 */
#define ACTS 2
#define INSTANCES 3
#define FOLLOWERS 2
#ifndef FAULTS
#define FAULTS 2
#endif
#define BIT(act) (1 << (act))
/* What must hold, under the names of docs/protocols/; a counterexample ends with the name. */
#define HOLDS(names, what) if :: (what) :: else -> printf(#names); printf(" is broken\n"); assert(false) fi

byte clock = 1;
byte set = 0;                  /* what is revoked, a bit for each act */
byte committedAt[ACTS];
byte number[ACTS], numbers = 0;
byte faults = 0;

typedef Instance { bool has; bool isBlind; byte set; byte readAt; byte highest }
Instance instance[INSTANCES];
typedef Follower { bool has; byte set; byte asOf }
Follower follower[FOLLOWERS];

proctype Act(byte act) {
  atomic { numbers++; number[act] = numbers; printf("act %d begins, number %d\n", act, number[act]) };
  atomic { clock++; set = set | BIT(act); committedAt[act] = clock; printf("act %d is committed at %d\n", act, clock) }
}

byte a;

/* RevokedSets.read: one statement */
inline read(me) {
#ifdef MUTANT_AFTER_NUMBER
  for (a : 0 .. ACTS - 1) {
    if
    :: (set & BIT(a)) && number[a] > instance[me].highest -> instance[me].set = instance[me].set | BIT(a)
    :: else
    fi
  };
  for (a : 0 .. ACTS - 1) {
    if
    :: (instance[me].set & BIT(a)) && number[a] > instance[me].highest -> instance[me].highest = number[a]
    :: else
    fi
  };
  a = 0;
#else
  instance[me].set = set;
#endif
  instance[me].readAt = clock;
  instance[me].has = true;
  printf("instance %d reads set %d at %d\n", me, instance[me].set, clock)
}

proctype Reads(byte me) {
end:
  do
  :: d_step { !instance[me].isBlind && (!instance[me].has || instance[me].readAt != clock) -> read(me) }
  od
}

/* The database is away for one instance, and comes back. */
active proctype Faults() {
end:
  do
  :: atomic { faults < FAULTS && !instance[0].isBlind -> faults++; instance[0].isBlind = true; printf("instance 0 is blind\n") }
  :: atomic { instance[0].isBlind -> instance[0].isBlind = false; printf("instance 0 sees again\n") }
  :: atomic {
       faults < FAULTS -> faults++;
       instance[1].has = false; instance[1].set = 0; instance[1].readAt = 0; instance[1].highest = 0;
       printf("instance 1 restarts\n")
     }
  od
}

#ifdef MUTANT_SIGNS_WITHOUT_READING
#define TIME_OF(from) clock
#else
#define TIME_OF(from) instance[from].readAt
#endif

/* A document: what the instance knows, with the time of its read. */
inline follow(me, from) {
  /* all that was committed before the time of the document is in it */
  printf("follower %d: set %d as of %d from instance %d\n", me, instance[from].set, TIME_OF(from), from);
  for (a : 0 .. ACTS - 1) {
    HOLDS(F2 F3, !committedAt[a] || committedAt[a] > TIME_OF(from) || (instance[from].set & BIT(a)))
  };
  a = 0;
  if
#ifdef MUTANT_TAKES_OLDER
  :: true ->
#else
  :: !follower[me].has || TIME_OF(from) >= follower[me].asOf ->
#endif
     /* what a follower knew, it knows */
     HOLDS(F1, (follower[me].set & ~instance[from].set) == 0);
     follower[me].has = true; follower[me].set = instance[from].set; follower[me].asOf = TIME_OF(from)
  :: else
  fi
}

#define IS_NEWS(me, from) (instance[from].has && (!follower[me].has || TIME_OF(from) != follower[me].asOf))

proctype Follows(byte me) {
end:
  do
  :: d_step { IS_NEWS(me, 0) -> follow(me, 0) }
  :: d_step { IS_NEWS(me, 1) -> follow(me, 1) }
  :: d_step { IS_NEWS(me, 2) -> follow(me, 2) }
  od
}

init {
  atomic {
    run Act(0); run Act(1); run Reads(0); run Reads(1); run Reads(2); run Follows(0); run Follows(1)
  }
}

#define KNOWN(act) ((follower[0].set & BIT(act)) && (follower[1].set & BIT(act)))
/* a revocation reaches every follower, as long as an instance reads */
ltl F1 { [] ((committedAt[0] -> <> KNOWN(0)) && (committedAt[1] -> <> KNOWN(1))) }
