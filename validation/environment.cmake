# Open MPI as root, with more ranks than cores, and with the transports of one machine; other MPIs ignore these.
set(RITZ_TEST_ENVIRONMENT
    OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
    OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,vader
    OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1)
