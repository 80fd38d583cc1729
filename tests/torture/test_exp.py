import asyncio, time
from tests.torture.harness import *
def test_x(fresh_trial, tmp_path):
    async def scenario():
        async with served(fresh_trial.environment, tmp_path, ("general","conditions")) as lanes:
            for k in range(3):
                history = History()
                ms=lodgements(lanes.config, f"p{k}", 1000)
                t=time.time()
                await load(lanes, ms, history)
                print(time.time()-t, history.count(), history.cuts, lanes.workers("general"))
            history = History()
            ms=lodgements(lanes.config, f"dup", 200)*20
            random.shuffle(ms)
            await load(lanes, ms, history, connections=32)
            print(history.count())
            print(lanes.log("general"))
    asyncio.run(scenario())
