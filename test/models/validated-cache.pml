/* The protocol of the validated cache (src/verification/cache): a verification waits for a read of changes that was sent after it
   arrived. One key, changes of another key, two connections that answer in any order, loss of a connection, and failover to a
   standby that lacks the newest commit.
   -DFAILOVER    the primary fails over                                                      (expected: no error)
   -DLOSS        a connection fails while a read is in flight; the cache is kept             (expected: no error)
   Each of these removes one rule:
   -DNOLOCK      numbers are drawn before the order of the commits is fixed                  (expected: violated)
   -DSPLITFILL   rows are read by a statement of their own, before the snapshot of the changes         (violated)
   -DALWAYSINST  rows are installed at whatever position they were read                                (violated)
   -DNOIDENT     neither identity nor connection loss empties the cache                (violated with -DFAILOVER)
   -DOLDREQ      a verification may use a read that was sent before it arrived                         (violated) */
#define NONE 2
#define SLOTS 2
#ifndef REQS
#define REQS 4
#endif
#define ANY(x) (rq[0] == x || rq[1] == x || rq[2] == x || rq[3] == x)
#define ALL9 (rq[0] == 9 && rq[1] == 9 && rq[2] == 9 && rq[3] == 9)
#ifdef FAILOVER
#define PV0 0
#else
#define PV0 1
#endif
byte pv[2] = PV0;      /* per server: verdict of our key (1 valid) */
byte pseq[2];          /* per server: last visible number */
byte keySeq[2];        /* per server: number of the newest visible change of our key */
bit done1[2], done2[2];
byte primary = 0;
bit mustRefuse = 0;    /* ghost: a refusal was acknowledged */
/* replica */
byte c = NONE, pos = 0, gen = 0, ident = 0;
byte bound[SLOTS];     /* server of each connection */
byte st[SLOTS];        /* 0 idle 1 sent 2 answered 3 rows read, feed not yet (SPLITFILL) */
byte since[SLOTS], upto[SLOTS], sgen[SLOTS], row[SLOTS], from[SLOTS]; bit asked[SLOTS], chg[SLOTS];
byte rq[REQS]; bit rmust[REQS];   /* 0 new 1 waiting 2+k attached to slot k 9 done */

inline answer(i, v) { assert(!(v == 1 && rmust[i])); rq[i] = 9; }

active proctype ourWriter() {    /* revokes our key, or (FAILOVER) enables it on the old primary, which is then lost */
#ifdef FAILOVER
  atomic { primary == 0 -> pseq[0]++; pv[0] = 1; keySeq[0] = pseq[0]; }
  atomic { primary = 1; mustRefuse = 1; }   /* the standby has none of it: the key is disabled there, as acknowledged before */
  /* the new primary goes on to number changes: of another key */
  atomic { pseq[1]++; }
#else
#ifdef NOLOCK
  byte n;
  atomic { n = 1; }                    /* nextval early; the other one takes 2 */
  atomic { pv[0] = 0; keySeq[0] = n; done1[0] = 1; if :: pseq[0] < n -> pseq[0] = n :: else fi; }
#else
  atomic { pseq[0]++; pv[0] = 0; keySeq[0] = pseq[0]; }
#endif
  mustRefuse = 1;                      /* acknowledged */
#endif
}
active proctype otherWriter() {
  skip;
#ifndef FAILOVER
#ifdef NOLOCK
  atomic { done2[0] = 1; pseq[0] = 2; }
#else
  atomic { pseq[0]++; }
#endif
#endif
}
active [REQS] proctype client() { byte i = _pid - 2;
  atomic { rq[i] = 1; rmust[i] = mustRefuse;
#ifdef OLDREQ
    if :: (st[0] == 1 || st[0] == 2) -> rq[i] = 2 :: true -> skip fi
#endif
  }
}
active [SLOTS] proctype conn() { byte k = _pid - 2 - REQS; byte i;
  do
  :: atomic { st[k] == 0 && ANY(1) ->          /* send: everybody who waits goes along */
       for (i : 0 .. REQS-1) { if :: rq[i] == 1 -> rq[i] = 2 + k :: else fi }
       since[k] = pos; sgen[k] = gen; asked[k] = (c == NONE); st[k] = 1; }
#ifdef SPLITFILL
  :: atomic { st[k] == 1 && bound[k] == primary -> row[k] = pv[bound[k]]; st[k] = 3; }
  :: atomic { st[k] == 3 && bound[k] == primary ->
#else
  :: atomic { st[k] == 1 && bound[k] == primary ->                 /* one snapshot */
       row[k] = pv[bound[k]];
#endif
       upto[k] = pseq[bound[k]]; from[k] = bound[k];
       if :: upto[k] < since[k] -> upto[k] = since[k] :: else fi;
       chg[k] = (keySeq[bound[k]] > since[k]); st[k] = 2; }
  :: atomic { st[k] == 2 ->
       st[k] = 0;
#ifndef NOIDENT
       if :: from[k] != ident -> gen++; ident = from[k]; c = NONE; pos = upto[k] :: else fi;
#endif
       if :: sgen[k] == gen ->
            if :: upto[k] > pos -> pos = upto[k]; if :: chg[k] -> c = NONE :: else fi :: else fi;
#ifdef ALWAYSINST
            if :: asked[k] -> c = row[k] :: else fi;
#else
            if :: asked[k] && upto[k] == pos -> c = row[k] :: else fi;
#endif
          :: else fi;
       for (i : 0 .. REQS-1) {
         if :: rq[i] == 2 + k ->
              if :: sgen[k] == gen && c != NONE -> answer(i, c)
                 :: !(sgen[k] == gen && c != NONE) && asked[k] -> answer(i, row[k])
                 :: else -> rq[i] = 1 fi
            :: else fi } }
#ifdef LOSS
  :: atomic { (st[k] == 1 || st[k] == 2) ->                         /* the batch is answered with 503 */
       st[k] = 0;
       for (i : 0 .. REQS-1) { if :: rq[i] == 2 + k -> rq[i] = 9 :: else fi } }
#endif
#ifdef FAILOVER
  :: atomic { st[k] == 1 && bound[k] != primary ->                  /* the connection to the old one breaks */
       bound[k] = primary; st[k] = 0;
#ifndef NOIDENT
       gen++; c = NONE; ident = primary; pos = pseq[primary];
#endif
       for (i : 0 .. REQS-1) { if :: rq[i] == 2 + k -> rq[i] = 1 :: else fi } }
  :: atomic { st[k] == 0 && bound[k] != primary -> bound[k] = primary;
#ifndef NOIDENT
       gen++; c = NONE; ident = primary; pos = pseq[primary];
#endif
     }
#endif
  :: ALL9 && st[k] == 0 -> break
  od }
