/* Momenta of the uniform transverse-field Ising ring, shared by its levels and its states. */
#ifndef RITZ_EXACT_TFIM_RING_H
#define RITZ_EXACT_TFIM_RING_H

/* The mode k = pi q / n of the sector: q odd for P = +1, even for P = -1. */
typedef struct tfim_mode {
  double energy;    /* 2 sqrt(j^2 + h^2 - 2 j h cos k), of one quasi-particle */
  double xi, delta; /* 2 (h - j cos k) and 2 j sin k */
  int self;         /* k = 0 or pi: its own partner, occupied in the lowest state if xi < 0 */
} tfim_mode;

/* Mode number m, 0 <= m < n. */
tfim_mode tfim_mode_at(int n, double j, double h, int parity, int m);

/* The lowest states of a sector as quasi-particles above the fermions' lowest one. */
typedef struct tfim_sector {
  double vacuum;  /* -1/2 sum of mode energies */
  double cost[2]; /* the two cheapest modes, ascending */
  int cheapest;   /* number m of the cheapest mode; one with k = 0 or pi if there is a tie */
  int n_excited;  /* 0 or 1: what the lowest state of the sector needs */
} tfim_sector;

tfim_sector tfim_sector_of(int n, double j, double h, int parity);

#endif
