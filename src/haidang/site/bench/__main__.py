import sys

from haidang.site.bench import main

sys.exit(main())
