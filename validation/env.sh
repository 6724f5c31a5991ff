# Source before running MPI programs by hand on one machine: root, more ranks than cores, one BLAS thread per rank, and
# the transports of one machine only, which start fastest.
source "$(dirname "${BASH_SOURCE[0]}")/../jobscripts/setup.sh"
ritz_environment
export OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,vader
