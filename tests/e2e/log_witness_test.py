"""An agent remembers the log of its coordinator, and does nothing for one that rewinds or forks; what
shows a fork proves it to anybody, without a server."""
import json
import shutil
import unittest

import deployment
import linear


class LogWitnessTest(deployment.DeploymentCase):
    def setUp(self):
        super().setUp()
        d = self.d
        linear.start(d)
        d.start_agent("edge", linear.node(d, "train-1", 1))
        self.learn("first")

    def learn(self, name):
        self.d.apply(linear.campaign(name, rounds=1, goal=1, testers=0))
        self.d.finish(name)

    def state(self, suffix=".json"):
        """The agent's one file about its coordinator's log."""
        found = [p for p in (self.d.dir / "edge-state/log").glob("*.json")
                 if p.name.endswith(".evidence.json") == (suffix != ".json")]
        return found[0] if found else None

    def remembered(self):
        note = json.loads(self.state().read_text())["checkpoint"]
        return int(note.splitlines()[1])

    def restart(self, name="musterd"):
        self.d.programs[name].stop()
        return self.d.start_coordinator() if name == "musterd" else self.d.restart_agent(name)

    def agent_remembers_all(self):
        """The agent looks at the log when it comes back."""
        d = self.d
        facts = len(d.facts())
        d.until("everything is under a checkpoint", lambda: self.size() >= facts)
        self.restart("edge")
        d.until("the agent has seen it", lambda: self.remembered() >= facts)

    def checkpoint(self, name):
        self.d.muster("audit", "checkpoint", "--out", name)
        return self.d.dir / name

    def size(self):
        return int(self.d.muster("audit", "checkpoint").splitlines()[1])

    def keep_a_copy(self):
        self.d.programs["musterd"].stop()
        shutil.copytree(self.d.data_dir, self.d.dir / "older")
        self.d.start_coordinator()

    def put_the_copy_back(self):
        self.d.programs["musterd"].stop()
        shutil.rmtree(self.d.data_dir)
        shutil.move(self.d.dir / "older", self.d.data_dir)
        self.d.start_coordinator()

    def test_the_last_checkpoint_outlives_kills_of_both(self):
        self.agent_remembers_all()
        before = self.remembered()
        self.d.programs["edge"].kill()
        self.d.programs["musterd"].kill()
        self.d.start_coordinator()
        self.d.restart_agent("edge")
        self.learn("second")
        self.agent_remembers_all()
        self.assertGreater(self.remembered(), before)
        self.assertIsNone(self.state(".evidence.json"))
        self.assertEqual((self.d.data_dir / "log/key.pub").read_text().strip(),
                         json.loads(self.state().read_text())["key"])

    def test_a_coordinator_that_was_restored_from_an_older_copy_is_refused(self):
        d = self.d
        self.keep_a_copy()
        self.learn("second")
        self.agent_remembers_all()
        agent = d.programs["edge"]
        self.put_the_copy_back()
        # No node may go on, so the agent ends, and says what to do.
        self.assertEqual(1, agent.process.wait(deployment.DEADLINE))
        self.assertIn("LOG_REWOUND", agent.said())
        self.assertIn("put its newest data back", agent.said())
        self.assertEqual({"first"}, {c["campaign"]["name"] for c in d.json("get", "campaigns")["campaigns"]})
        evidence = self.state(".evidence.json")
        self.assertEqual("LOG_REWOUND", json.loads(evidence.read_text())["finding"])
        told = d.run("audit", "fork", evidence)
        self.assertEqual(1, told.returncode)
        self.assertIn("LOG_REWOUND", told.stderr)
        # It stays so, whatever is asked of it in the meantime, until its owner says otherwise.
        again = d.restart_agent("edge")
        self.assertEqual(1, again.process.wait(deployment.DEADLINE))
        for file in (d.dir / "edge-state/log").iterdir():
            file.unlink()
        d.restart_agent("edge")
        self.learn("third")

    def test_a_coordinator_that_tells_another_story_is_refused_and_the_fork_is_proven(self):
        d = self.d
        self.keep_a_copy()
        self.learn("second")
        self.agent_remembers_all()
        theirs, key = self.checkpoint("theirs.note"), d.data_dir / "log/key.pub"
        d.programs["edge"].stop()
        self.put_the_copy_back()
        while self.size() <= self.remembered():  # Past what the agent saw, along another way.
            for i in range(10):
                d.apply(linear.RESOURCES.split("---\n")[0].replace("name: plant", f"name: p{self.size()}x{i}"))
            facts = len(d.facts())
            d.until("it is under a checkpoint", lambda: self.size() >= facts)
        agent = d.restart_agent("edge")
        self.assertEqual(1, agent.process.wait(deployment.DEADLINE))
        self.assertIn("LOG_FORKED", agent.said())
        evidence = self.state(".evidence.json")
        mine = self.checkpoint("mine.note")
        past = d.dir / "past.json"
        d.muster("audit", "past", "--of", mine, "--since", int(theirs.read_text().splitlines()[1]),
                 "--out", past)
        asked = d.json("audit", "fork", theirs, mine, "--key", key)  # With the coordinator's help.
        shutil.copy(key, d.dir / "log.pub")
        d.programs["musterd"].stop()

        # Without any server: the agent's file, and two auditors' notes.
        alone = d.json("audit", "fork", evidence)
        self.assertEqual(self.remembered(), int(alone["size"]))
        self.assertNotEqual(alone["first_root"], alone["second_root"])
        proven = d.json("audit", "fork", mine, theirs, "--past", past, "--key", d.dir / "log.pub")
        self.assertTrue(proven["key_given"])
        self.assertEqual({proven["first_root"], proven["second_root"]},
                         {asked["first_root"], asked["second_root"]})
        told = d.muster("audit", "fork", theirs, mine, "--past", past, "--key", d.dir / "log.pub")
        self.assertTrue(told.startswith("FORK"), told)
        self.assertIn(proven["first_root"], told)
        self.assertIn(proven["second_root"], told)

        # What proves nothing: one note twice, and a note that the key did not sign.
        same = d.run("audit", "fork", theirs, theirs, "--key", d.dir / "log.pub")
        self.assertEqual(1, same.returncode)
        self.assertIn("PROOF_INVALID", same.stderr)
        forged = d.dir / "forged.note"
        forged.write_text(mine.read_text().replace("\n", "\n1", 1))
        refused = d.run("audit", "fork", theirs, forged, "--past", past, "--key", d.dir / "log.pub")
        self.assertEqual(1, refused.returncode)
        self.assertIn("NOTE_INVALID", refused.stderr)


if __name__ == "__main__":
    unittest.main()
