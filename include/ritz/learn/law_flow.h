/* A learned field as a flow, a learned map as steps, for the integrators and measures of ritz/dynamics. */
#ifndef RITZ_LEARN_LAW_FLOW_H
#define RITZ_LEARN_LAW_FLOW_H

#include "ritz/dynamics/measure.h"
#include "ritz/learn/law.h"

/* The law is borrowed and is no map. A separable law gives velocities and forces, each from half of what it knows. */
rz_flow rz_law_flow(rz_law *law);
/* One state at a time. The law is borrowed and is a map; back in time it needs its inverse (RZ_ERR_ARG). */
rz_stepper rz_law_stepper(rz_law *law, double step);

#endif
