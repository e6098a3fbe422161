class TaskLauncher:
    def __init__(self, task_run):
        self.task_run = task_run
    def expire_units(self):
        "Expire them."
        return "expired"
