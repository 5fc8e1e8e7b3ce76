"""Starting ranks on this computer, whatever the launcher thinks of root and of its CPUs."""
import os

ENVIRONMENT = {
    **os.environ,
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_btl": "self,sm",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    "PRTE_MCA_hwloc_default_binding_policy": "none",
}


def on_ranks(launcher, ranks, command):
    return [launcher, "-n", str(ranks), *command]
