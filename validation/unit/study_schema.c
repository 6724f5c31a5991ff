/* modules: study store core */
/* The option tables of every group and member are themselves right: defaults parse, lie in range, names are unique; and
 * every study named in the registry is found and has its groups. */
#include "check.h"
#include "ritz/study/study.h"
#include <string.h>

int main(void) {
  const rz_schema *schema = rz_study_schema();
  RZ_EXPECT_OK(rz_schema_check(schema));
  int n;
  const rz_study_class *const *all = rz_study_registry(&n);
  RZ_EXPECT(n == schema->n_studies && n > 0);
  for (int i = 0; i < n; i++) {
    RZ_EXPECT(rz_study_find(all[i]->name) == all[i]);
    RZ_EXPECT(strcmp(schema->studies[i].study, all[i]->name) == 0);
    RZ_EXPECT(all[i]->check && all[i]->run && all[i]->groups[0]);
  }
  RZ_EXPECT(rz_study_find("no such study") == NULL);
  return rz_check_finish();
}
