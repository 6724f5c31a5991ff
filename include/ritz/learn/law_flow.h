/* A learned field as a flow, for the integrators and measures of ritz/dynamics. */
#ifndef RITZ_LEARN_LAW_FLOW_H
#define RITZ_LEARN_LAW_FLOW_H

#include "ritz/dynamics/flow.h"
#include "ritz/learn/law.h"

/* The law is borrowed and is no map. A separable law gives velocities and forces, each from half of what it knows. */
rz_flow rz_law_flow(rz_law *law);

#endif
