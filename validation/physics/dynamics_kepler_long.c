/* modules: dynamics linalg core */
/* label: long */
/* A million periods. */
#include "dynamics_kepler.h"

int main(void) {
  kepler_long_run(1e6);
  return rz_check_finish();
}
