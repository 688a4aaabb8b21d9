"""The commands of miyabi-infra, one file each: call a judgement, print text or JSON. Nothing imports from here."""
