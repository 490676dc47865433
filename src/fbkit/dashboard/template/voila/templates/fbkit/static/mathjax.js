// Our pages set no formulas. JupyterLab's front end asks for MathJax all the same; this answers it from here.
