/* Refresh: rotation, replay, reuse (docs/protocols/refresh.md). Each atomic step is one statement of src/sessions/refresh.ts.
 *
 * Two tabs share a jar of cookies, and a thief copies it at some moment. Instances keep nothing between two statements, so
 * two instances are two attempts whose statements take turns. A token is named by its generation and by the salt that made
 * it: two salts make two successors.
 *
 * Assumed of an honest client, as the clients' documentation asks: it tries again within the grace until it is answered,
 * and starts no refresh with a new token while one with the old token is open. A restore from a backup stops the service.
 *
 * With LOSSES so many requests fail before they change anything, or lose their answer; without it any number of answers is lost.
 */
#ifndef ROUNDS
#define ROUNDS 2               /* refreshes of each tab */
#endif
#ifndef THEFTS
#define THEFTS 2               /* tokens that the thief presents */
#endif
#ifndef LAST_TICK
#define LAST_TICK 3
#endif
#define GRACE 2                /* in ticks of the database's clock */
#define RACES 4                /* MAX_RACES */
#define NONE 15
#define TOKENS 8               /* at most so many are made */
/* What must hold, under the names of docs/protocols/; a counterexample ends with the name. */
#define HOLDS(names, what) if :: (what) :: else -> printf(#names); printf(" is broken\n"); assert(false) fi

/* the row, and the user's epoch */
byte token = 0, previous = NONE, generation = 0, rotatedAt = 0;
byte rowEpoch = 0, userEpoch = 0;
bool revoked = false;
byte now = 0;

/* what has happened */
byte alerts = 0, salts = 0;
bool ended = false;            /* an act that ends the session is committed */
bool answered2xx = false;      /* and its answer has left */
bool restored = false;
bool thiefActed = false;
#ifdef LOSSES
byte losses = 0;
#define MAY_LOSE (losses < LOSSES)
#define LOSE losses++
#else
#define MAY_LOSE true
#define LOSE skip
#endif
#ifdef MUTANT_REPLAYED_ONCE
bool isReplayed = false;
#endif

/* the jar, the open refreshes of the tabs, and what an answer named as the successor of a token */
byte jar = 0;
bool open[2] = false;
byte with[2] = NONE;
byte successorOf[TOKENS] = NONE;
byte generationOf[TOKENS] = 0;
byte madeAt[TOKENS] = 0;       /* when the token became the row's */

#define AGAIN 0
#define REPLAY 1
#define PUNISH 2

mtype = { ok, invalid, reused, state_lost, unavailable };

#define IS_ALIVE (!revoked && rowEpoch == userEpoch)
#ifdef MUTANT_NO_GRACE_LIMIT
#define IN_GRACE true
#else
#define IN_GRACE (rotatedAt + GRACE > now)
#endif

inline noteSuccessor(presented, given) {
  /* whoever is answered for a token gets the same successor */
  HOLDS(R1 R3, restored || successorOf[presented] == NONE || successorOf[presented] == given);
  successorOf[presented] = given
}

/* POST /auth/refresh: three statements at most, and from the start again where another request came between two of them */
inline refresh(presented, result, given) {
  atomic { races = 0; result = 0; isLate = answered2xx; printf("%d: presents token %d\n", _pid, presented) };
  do
#ifdef LOSSES
  :: atomic { MAY_LOSE -> LOSE; result = unavailable; printf("%d: 503, and nothing has changed\n", _pid); break }
#endif
  :: atomic {                                     /* rotation */
#ifdef MUTANT_LOOK_THEN_SET
       looked = (IS_ALIVE && token == presented);
       printf("%d: looks: the token is current %d\n", _pid, looked)
     };
     atomic {                                     /* the mutant: looks, then writes without a condition */
       if
       :: looked ->
#else
       if
       :: IS_ALIVE && token == presented ->
#endif
          salts++;
          generation++;
          generationOf[salts] = generation;
          madeAt[salts] = now;
          previous = token;
          token = salts;
          rotatedAt = now;
          given = token;
          result = ok;
#ifdef MUTANT_REPLAYED_ONCE
          isReplayed = false;
#endif
          printf("%d: rotation: token %d of generation %d\n", _pid, token, generation);
          noteSuccessor(presented, given);
          break
       :: else -> printf("%d: rotation finds nothing\n", _pid)
       fi
     };
     atomic {                                     /* read_family */
       printf("%d: read_family: presented %d, current %d, previous %d\n", _pid, presented, token, previous);
       if
       :: !IS_ALIVE -> result = invalid; break
       :: IS_ALIVE && token == presented -> next = AGAIN
       :: IS_ALIVE && token != presented && previous == presented && IN_GRACE -> next = REPLAY
       :: IS_ALIVE && token != presented && !(previous == presented && IN_GRACE) && generationOf[presented] > generation ->
          result = state_lost; break
       :: IS_ALIVE && token != presented && !(previous == presented && IN_GRACE) && generationOf[presented] <= generation ->
          next = PUNISH
       fi
     };
     atomic {
       if
       :: next == REPLAY ->                       /* replay */
          if
#ifdef MUTANT_NO_REPLAY
          :: true -> result = unavailable; break  /* "another request has refreshed already": and never its successor */
#endif
#ifdef MUTANT_REPLAYED_ONCE
          :: isReplayed -> result = unavailable; break
          :: !isReplayed && IS_ALIVE && previous == presented && IN_GRACE ->
             isReplayed = true;
#elif defined(MUTANT_REPLAY_UNCHECKED)
          :: true ->
#elif !defined(MUTANT_NO_REPLAY)
          :: IS_ALIVE && previous == presented && IN_GRACE ->
#else
          :: false ->
#endif
             given = token;
             result = ok;
             printf("%d: replay of %d: the successor is %d\n", _pid, presented, given);
#ifdef MUTANT_GRACE_SLIDES
             rotatedAt = now;
#endif
             noteSuccessor(presented, given);
             /* a window that no replay moves */
             HOLDS(R3, restored || madeAt[token] + GRACE > now);
             break
          :: else -> printf("%d: replay finds nothing\n", _pid)
          fi
       :: next == PUNISH ->                       /* endedForReuse */
          if
#ifdef MUTANT_PUNISH_UNCHECKED
          :: true ->
#else
          :: !revoked ->
#endif
             revoked = true; previous = NONE; alerts++; result = reused;
             printf("%d: endedForReuse: token %d was presented, %d alert(s)\n", _pid, presented, alerts)
          :: else -> result = invalid; printf("%d: endedForReuse finds nothing\n", _pid)
          fi;
          break
       :: else
       fi;
       races++;
       if
       :: races == RACES -> result = unavailable; break
       :: else
       fi
     }
  od;
  atomic {
  /* what begins after the answer of an act that ends the session is refused */
  HOLDS(R7, !(isLate && result == ok));
  /* one alert for a family, and none without a thief */
  HOLDS(R2, alerts <= 1);
  HOLDS(R2, alerts == 0 || thiefActed);
  races = 0; next = 0; isLate = false; looked = false
  }
}

active [2] proctype Tab() {
  byte round = 0, races, given = NONE, presented, next;
  mtype result;
  bool isLate, looked;
  do
  :: round < ROUNDS ->
     atomic {
       !open[1 - _pid] || with[1 - _pid] == jar ->
       open[_pid] = true; with[_pid] = jar
     };
     do
     :: atomic { presented = jar; with[_pid] = jar };
        refresh(presented, result, given);
        atomic {
          if
          :: result == ok -> jar = given; given = NONE; presented = NONE; break
          :: result == ok && MAY_LOSE -> LOSE; given = NONE; printf("%d: the answer is lost\n", _pid)   /* or the instance died after the commit */
          :: result == unavailable                /* session: keep */
          :: result == invalid || result == reused ->
             /* only an end of the session or a thief takes it from its owner */
             HOLDS(R8, ended || alerts > 0);
             goto signedOut
          /* a generation ahead of the row is a restored database */
          :: result == state_lost -> HOLDS(R6, restored); goto signedOut
          fi
        }
     od;
     atomic { open[_pid] = false; with[_pid] = NONE; round++; result = 0 }
  :: else -> break
  od;
signedOut:
  atomic { open[_pid] = false; with[_pid] = NONE; result = 0; presented = NONE }
}

active proctype Thief() {
  byte turn = 0, races, given = NONE, presented, next;
  mtype result;
  bool isLate, looked;
  presented = jar;                                /* copied at any moment */
  do
  :: turn < THEFTS ->
     thiefActed = true;
     refresh(presented, result, given);
     atomic {
       if
       :: result == ok -> presented = given; given = NONE
       :: else
       fi;
       result = 0; turn++
     }
  :: else -> break
  od
}

/* A logout, the end from another device, a change of the password: one of them, at any moment or never. */
active proctype Ending() {
  if
  :: atomic { revoked = true; previous = NONE; ended = true; printf("a logout is committed\n") };
     atomic { answered2xx = true; printf("its 2xx leaves\n") }
  :: atomic { userEpoch++; ended = true; printf("a change of the password is committed\n") };
     atomic { answered2xx = true; printf("its 2xx leaves\n") }
#ifdef LOSSES
  :: skip                                         /* what is fair must happen, but no such act has to */
#endif
  fi
}

/* An honest client is answered, or tries again, within the grace: time does not run away from it. */
#define WOULD_MISS_GRACE(i) (open[i] && with[i] == previous && rotatedAt + GRACE <= now + 1)
active proctype Time() {
  do
  :: atomic { now < LAST_TICK && !WOULD_MISS_GRACE(0) && !WOULD_MISS_GRACE(1) -> now++; printf("time: %d\n", now) }
  od
}

#ifdef LOSSES
/* A client that keeps trying is answered; that its session has ended is said only where it has (R8 above). */
ltl R8 { [] ((open[0] -> <> !open[0]) && (open[1] -> <> !open[1])) }
#endif

#ifdef RESTORE
active proctype Operator() {
  byte oldToken, oldPrevious, oldGeneration, oldRotatedAt;
  atomic {
    !ended && alerts == 0 ->
    oldToken = token; oldPrevious = previous; oldGeneration = generation; oldRotatedAt = rotatedAt
  };
  atomic {
    !open[0] && !open[1] && !ended && !thiefActed ->
    token = oldToken; previous = oldPrevious; generation = oldGeneration; rotatedAt = oldRotatedAt;
    restored = true;
    printf("the database is restored: token %d of generation %d\n", token, generation)
  }
}
#endif
