"""The forms of training before the Trainer: BEIR's TrainRetriever and sentence-transformers' fit."""
