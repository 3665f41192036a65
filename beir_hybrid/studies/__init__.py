"""Studies: grids of trainings, each evaluated and compared, and claims that are judged. One command runs one study.

A study is a YAML file with these keys; ``examples/studies/`` has some.

* ``name``, ``question``: its name, and what it asks.
* ``train``: options of ``beir-hybrid train`` and training arguments that all cells share.
* ``grid``: by option or argument, a list of values; every combination is a cell. A number as a value of ``languages``
  takes that many of the languages listed in ``train``, or of the training data.
* ``evaluate``: a list; each entry has a ``dataset`` (a registered name, a BEIR folder, or a list of these) and may have
  ``name``, ``source``, ``languages``, ``settings``, ``measures``, ``passage_text``, ``split``, ``judged_only``,
  ``sample_passages``, ``batch_size``, ``debias``, such as ``shift:0.6``, and ``debias_on``, the texts that this is
  fitted on.
* ``claims``: a list; each entry has grid values of a ``run`` and of a ``baseline`` (one or a list of each, of the same
  keys) and a ``measure``, and may have a ``claim`` in words, an ``evaluation``, a ``kind``, ``languages``, a
  ``statistic``, and what it expects. An ``evaluation`` within ``run`` and ``baseline`` compares two evaluations of the
  same data, such as one with ``debias`` and one without. What neither side names, such as the seed, is averaged over.
  ``languages`` is ``all``, ``seen`` (settings whose query and corpus languages both sides were all trained on) or
  ``unseen`` (settings in whose languages neither side was trained). ``statistic`` is ``mean``, ``worst`` (setting) or
  ``spread`` (standard deviation over settings). A difference is shown only where all seeds agree in its sign.
  ``expect`` is ``better``, ``worse``, ``equal`` or ``better or equal`` (``higher`` or ``lower`` of a spread, and by
  measures without a direction), and the answer is *supported*, *contradicted* or *not shown*; without it, reports
  answer as for ``better``, and by measures without a direction whether there is a difference. What may be equal needs a
  ``margin``, the largest difference that does not matter: a number in the measure's unit, or one for each measure,
  ``{map: 0.005, rank_distance: 50}``. ``equal`` is supported where two one-sided tests show that the difference is
  smaller than the margin either way, ``better or equal`` where one shows that it is not to the worse by as much; both
  are contradicted where a difference is shown and its whole interval lies beyond the margin. Seeds must agree about the
  margin, too.
* ``show``: what the tables show: ``mean``, ``worst``, ``spread``, ``seen``, ``unseen``.
* ``keep_models``: whether the trained models are kept.
* ``expected``: the numbers that a repetition should give, for ``study --check``: a ``command``, the ``hardware`` that
  they are from, a ``note``, and ``values``, a list of ``run`` (grid values), ``evaluation``, ``kind``, ``measure``,
  ``value`` and ``tolerance``. The quick form has its own, or none.
* ``quick``: what ``--quick`` changes: ``train`` and ``grid`` key by key (null takes a key away), all else as a whole.

From Python, a study is read, built, checked and run in the same steps as by ``beir-hybrid study``::

    from beir_hybrid.studies import StudyFolder, build_cells, check_study, read_study, run_study

    study = read_study(Path("paper.yaml"))
    cells, left_out = build_cells(study)
    check_study(study, cells)
    answer = run_study(StudyFolder(Path("paper"), study, cells))
    for verdict in answer.record.verdicts:
        print(verdict.sentence)
"""

from beir_hybrid.lazy import attach

__getattr__, __dir__ = attach(__name__, __file__)
