"""Days, scripted or recorded, lived through by devices: who met whom, who was warned, and was that right."""
