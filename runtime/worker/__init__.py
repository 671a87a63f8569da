"""Background processes: the worker that carries out runs and jobs, the scheduler that hands them out."""
