internal import Subprocess
enum Placeholder {}
