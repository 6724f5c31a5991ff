/* Versions of Ritz and the libraries it runs with. Local; MPI need not be initialised. */
#ifndef RITZ_STUDY_VERSION_H
#define RITZ_STUDY_VERSION_H

#include "ritz/core/error.h"
#include <stdio.h>

rz_err rz_provenance_versions(FILE *out);

#endif
