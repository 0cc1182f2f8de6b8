/* Signing keys: who signs, and whether everybody knows the key (docs/protocols/keys.md).
 * Each atomic step is one transaction on signing_keys, one look at it, or one request (src/keys/).
 *
 * Two instances, which look at the table when they like, but before they sign with what they know for longer than LEAD;
 * a verifier that keeps the key set for CACHE and never asks for an unknown kid; an operator who revokes a key.
 */
#ifndef END
#define END 9                  /* the last tick of time */
#endif
#ifndef REVOCATIONS
#define REVOCATIONS 1
#endif
#define KEYS 4
#define NOTHING 255
/* What must hold, under the names of docs/protocols/; a counterexample ends with the name. */
#define HOLDS(names, what) if :: (what) :: else -> printf(#names); printf(" is broken\n"); assert(false) fi

#define LEAD 1                 /* a rotation is written so long before it takes effect */
#define CACHE 1                /* a verifier's key set is at most so old */
#define LIFE 1                 /* of a token */
#ifdef MUTANT_PUBLISHED_AT_ACTIVATION
#define W1 0
#else
#define W1 (LEAD + CACHE + 1)  /* no key signs that was published less than this ago */
#endif
#ifdef MUTANT_REMOVED_AT_RETIREMENT
#define W2 0
#else
#define W2 (LIFE + 1)          /* so long a key stays in the key set after it has stopped to sign */
#endif

/* Times; 0 is null. */
typedef Key { byte published; byte activates; byte retires; byte removed; bool revoked }
typedef Ring { Key key[KEYS]; byte seenAt }

Ring truth;                    /* the table */
Ring known[2];                 /* what an instance knows of it */
byte now = 1;
byte revocations = 0;
bool isForced = false;         /* an emergency: somebody has decided that waiting is worse (K2) */

byte keySet = 0;               /* the verifier's, a bit for each key */
byte fetchedAt = 0;
byte tokenKid = NOTHING, tokenEnds = 0;

#define IS_REMOVED(k) (k.revoked || (k.removed && k.removed <= now))
#define HAS_RETIRED(k) (k.retires && k.retires <= now)
#define HAS_BEGUN(k) (k.activates && k.activates <= now)
#define IS_THERE(k) (k.published && !IS_REMOVED(k))
#define IS_SIGNING(k) (IS_THERE(k) && !HAS_RETIRED(k) && HAS_BEGUN(k))
#define IS_WAITING(k) (IS_THERE(k) && !HAS_RETIRED(k) && !HAS_BEGUN(k))

byte i, signer, successor, standby, signers;

/* partsOf, of the ring */
inline parts(ring) {
  signer = NOTHING; successor = NOTHING; standby = NOTHING; signers = 0;
  for (i : 0 .. KEYS - 1) {
    if
    :: IS_SIGNING(ring.key[i]) -> signer = i; signers++
    :: IS_WAITING(ring.key[i]) && ring.key[i].activates -> successor = i
    :: IS_WAITING(ring.key[i]) && !ring.key[i].activates && standby == NOTHING -> standby = i
    :: else
    fi
  }
}

inline forget() { i = 0; signer = 0; successor = 0; standby = 0; signers = 0 }

inline publish(at) {
  i = 0;
  do
  :: i < KEYS && truth.key[i].published -> i++
  :: else -> break
  od;
  if
  :: i < KEYS ->
     truth.key[i].published = now; truth.key[i].activates = at;
     printf("%d: key %d is published, activates %d\n", now, i, at)
  :: else                      /* the world has no more keys */
  fi
}

inline look(me) {
  for (i : 0 .. KEYS - 1) {
    known[me].key[i].published = truth.key[i].published;
    known[me].key[i].activates = truth.key[i].activates;
    known[me].key[i].retires = truth.key[i].retires;
    known[me].key[i].removed = truth.key[i].removed;
    known[me].key[i].revoked = truth.key[i].revoked
  };
  known[me].seenAt = now
}

#ifdef MUTANT_PLAN_NOT_READ_AGAIN
#define PLANNED known[me]
#else
#define PLANNED truth
#endif

proctype Instance(byte me) {
end:
  do
  :: d_step { known[me].seenAt < now || revocations -> look(me); forget() }
  :: d_step {                  /* SigningKeys.change(planUpkeep): under the lock, from rows read again */
       true ->
       parts(PLANNED);
       if
       :: signer == NOTHING && (successor != NOTHING || standby != NOTHING) ->
          if
          :: successor != NOTHING -> truth.key[successor].activates = now
          :: else -> truth.key[standby].activates = now; standby = NOTHING
          fi;
          if
          :: standby == NOTHING -> publish(0)
          :: else
          fi
       :: signer == NOTHING && successor == NOTHING && standby == NOTHING -> publish(now); isForced = true
       :: signer != NOTHING && standby == NOTHING -> publish(0)
       :: signer != NOTHING && standby != NOTHING && !PLANNED.key[signer].retires &&
          PLANNED.key[standby].published + W1 <= now + LEAD ->
          truth.key[signer].retires = now + LEAD; truth.key[signer].removed = now + LEAD + W2;
          truth.key[standby].activates = now + LEAD;
          printf("%d: %d hands over from key %d to key %d\n", now, me, signer, standby);
          publish(0)
       :: else
       fi;
       parts(truth);
       HOLDS(K1, signers <= 1);
       forget()
     }
  :: d_step {                  /* AccessTokens.signer, and the signature at the database's time */
       tokenKid == NOTHING ->
       if
#ifndef MUTANT_SIGNS_WITHOUT_ASKING
       :: known[me].seenAt + LEAD < now -> look(me)
#endif
       :: else
       fi;
       parts(known[me]);
       if
       :: signer != NOTHING ->
          tokenKid = signer; tokenEnds = now + LIFE;
          printf("%d: %d signs with key %d\n", now, me, signer)
       :: else
       fi;
       forget()
     }
  od
}

/* The key set may come from either instance, as old as that one's knowledge. */
inline fetch(me) {
  keySet = 0;
  for (i : 0 .. KEYS - 1) {
    if
    :: IS_THERE(known[me].key[i]) -> keySet = keySet | (1 << i)
    :: else
    fi
  };
  fetchedAt = now;
  printf("%d: the verifier has key set %d\n", now, keySet)
}

active proctype Verifier() {
end:
  do
  :: d_step { known[0].seenAt + LEAD >= now && fetchedAt < now -> fetch(0); i = 0 }
  :: d_step { known[1].seenAt + LEAD >= now && fetchedAt < now -> fetch(1); i = 0 }
  :: d_step {
       tokenKid != NOTHING ->
       printf("%d: a token of key %d\n", now, tokenKid);
       /* every verifier knows the key of a token that lives */
       HOLDS(K2 K3, tokenEnds < now || isForced || truth.key[tokenKid].revoked || (keySet & (1 << tokenKid)));
       tokenKid = NOTHING; tokenEnds = 0
     }
  od
}

active proctype Operator() {
end:
  d_step {                     /* planRevocation */
    revocations < REVOCATIONS && !isForced ->
    revocations++;
    parts(truth);
    if
    :: signer != NOTHING ->
       truth.key[signer].revoked = true;
       printf("%d: key %d is revoked\n", now, signer);
       if
       :: successor != NOTHING -> truth.key[successor].activates = now; isForced = isForced || truth.key[successor].published + W1 > now
       :: successor == NOTHING && standby != NOTHING ->
          truth.key[standby].activates = now; isForced = isForced || truth.key[standby].published + W1 > now
       :: else
       fi;
       parts(truth);
       HOLDS(K4, signers == 1 || (successor == NOTHING && standby == NOTHING))     /* the next one signs at once */
    :: else
    fi;
    forget()
  }
}

active proctype Time() {
  do
  :: d_step {
       now < END && fetchedAt + CACHE > now && (known[0].seenAt + LEAD >= now || known[1].seenAt + LEAD >= now) ->
       now++
     }
  :: d_step { tokenKid != NOTHING && tokenEnds < now -> tokenKid = NOTHING; tokenEnds = 0 }
  :: now == END -> break
  od
}

init {
  atomic {
    d_step {
      truth.key[0].published = 1; truth.key[0].activates = 1; truth.key[1].published = 1;
      look(0); look(1); fetch(0); i = 0
    };
    run Instance(0); run Instance(1)
  }
}
