/* What is good once: one-time tokens of mailed links (docs/protocols/accounts.md) and tickets of sign-ins that wait for
 * their second factor (docs/protocols/factors.md). Each atomic step is one statement, a COMMIT or a crash.
 *
 * One user with one token and one ticket; two holders of the token, two of the ticket, who guess, and a password change.
 * A transaction that crashes undoes what it did.
 */
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef GUESSES
#define GUESSES 2              /* of each holder of the ticket */
#endif
#define MAX_ATTEMPTS 2
#define NOBODY 0
/* What must hold, under the names of docs/protocols/; a counterexample ends with the name. */
#define HOLDS(names, what) if :: (what) :: else -> printf(#names); printf(" is broken\n"); assert(false) fi

byte epoch = 1;                /* the user's session_epoch and credential_version, under the lock */
byte committed = 1;            /* the same, as those read it who hold no lock */
byte lockedBy = NOBODY;        /* the row of the user: for no key update */
byte crashes = 0;

bool tokenUsed = false;
byte tokenEpoch = 1;
byte resets = 0;               /* passwords that the token has set, committed */

bool hasTicket = true, isBeingSpent = false;
byte ticketEpoch = 1;
byte attempts = 0, verified = 0;
bool codeUsed = false;         /* a code of an app counts once */
byte sessions = 0;             /* started by the ticket, committed */

#define MAY_CRASH (crashes < CRASHES)
#define TOKEN_IS_GOOD (!tokenUsed && tokenEpoch == epoch)
#define TICKET_IS_GOOD (hasTicket && ticketEpoch == epoch)
/* A statement without the lock; it waits for who deletes the row. */
#define TICKET_SEEMS_GOOD (hasTicket && ticketEpoch == committed)

inline lock(me) { atomic { lockedBy == NOBODY -> lockedBy = me } }

/* OneTimeTokens.spend, and the act that it allows: a new password */
proctype Spends(byte me) {
  bool isGood;
#ifdef MUTANT_TOKEN_LOOKED_BEFORE_THE_LOCK
  atomic { isGood = !tokenUsed && tokenEpoch == committed };
  lock(me);
#else
  lock(me);
  atomic { isGood = TOKEN_IS_GOOD };
#endif
  if
  :: isGood ->
     atomic {
       /* it acts for the user whom it was made for */
       HOLDS(T2, tokenEpoch == epoch);
       tokenUsed = true; epoch++; printf("%d: the token sets a password\n", me)
     };
     if
     :: atomic { resets++; committed = epoch; lockedBy = NOBODY; printf("%d: COMMIT\n", me) }
     :: atomic { MAY_CRASH -> crashes++; tokenUsed = false; epoch--; lockedBy = NOBODY; printf("%d: crash\n", me) }
     fi
  :: else -> lockedBy = NOBODY
  fi;
  HOLDS(T1, resets <= 1)       /* once */
}

/* FactorTickets.take, the code, FactorTickets.spend and the session */
proctype Guesses(byte me) {
  byte n = 0;
  bool isTaken, isRight, isGood;
  do
  :: n < GUESSES ->
#ifdef MUTANT_COUNTED_AFTER
     atomic { !isBeingSpent -> isTaken = TICKET_SEEMS_GOOD && attempts < MAX_ATTEMPTS };
#else
     atomic {                  /* one statement: it looks again at the row that it waited for */
       !isBeingSpent -> isTaken = TICKET_SEEMS_GOOD && attempts < MAX_ATTEMPTS;
       if
       :: isTaken -> attempts++
       :: else
       fi
     };
#endif
     if
     :: isTaken ->
        atomic {
          verified++;
          /* no more guesses than that */
          HOLDS(T3, verified <= MAX_ATTEMPTS);
          if
          :: isRight = true
          :: isRight = false
          fi;
          printf("%d: a code, right %d\n", me, isRight)
        };
#ifdef MUTANT_COUNTED_AFTER
        attempts++;
#endif
        if
        :: isRight ->
#ifdef MUTANT_TICKET_IN_SUBSELECT
           atomic { isGood = TICKET_SEEMS_GOOD && !codeUsed };
           lock(me);
#else
           lock(me);
           atomic { isGood = TICKET_IS_GOOD && !codeUsed };
#endif
           if
           :: isGood ->
              atomic {
                HOLDS(T2, ticketEpoch == epoch);
                codeUsed = true; hasTicket = false; isBeingSpent = true; printf("%d: the ticket starts a session\n", me)
              };
              if
              :: atomic { sessions++; isBeingSpent = false; lockedBy = NOBODY; printf("%d: COMMIT\n", me) }
              :: atomic { MAY_CRASH -> crashes++; codeUsed = false; hasTicket = true; isBeingSpent = false;
                   lockedBy = NOBODY; printf("%d: crash\n", me)
                 }
              fi
           :: else -> lockedBy = NOBODY
           fi
        :: else
        fi
     :: else
     fi;
     atomic { HOLDS(T1, sessions <= 1); isTaken = false; isRight = false; isGood = false; n++ }
  :: else -> break
  od
}

/* It kills what was mailed before, and the tickets. */
active proctype ChangesPassword() {
  lock(5);
  atomic {
    epoch++;
    printf("a password change\n")
  };
  if
  :: atomic { committed = epoch; lockedBy = NOBODY; printf("the change: COMMIT\n") }
  :: atomic { MAY_CRASH -> crashes++; epoch--; lockedBy = NOBODY; printf("the change: crash\n") }
  fi
}

init { atomic { run Spends(1); run Spends(2); run Guesses(3); run Guesses(4) } }
